/** A real platform with an app, and a real browser that shows its console. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { BROWSERS } from "../../../scripts/set-up/browsers.mjs";
import { backupPlatform } from "../../../src/platform/backup/backup.ts";
import { consoleCodeSchema } from "../../../src/protocol/console.ts";
import { ROUTES, type Scope } from "../../../src/protocol/routes.ts";
import { createdTokenSchema } from "../../../src/protocol/token-messages.ts";
import { TestClient } from "../../platform/fixtures/client.ts";
import { APP, Story } from "../../platform/fixtures/platform-story.ts";

/** `slow` takes a moment to start, so that a page can show that it does. `strict` refuses a value. */
export const FILES = {
	"functions/pay/index.ts":
		'Deno.serve(() => { console.log("paid <b>&", "\\u202e"); console.error("no money"); return new Response(Deno.env.get("PAY_KEY")); });',
	"functions/mail/index.ts":
		'const stripe = Deno.env.get("MISSING_KEY"); export default () => new Response(Deno.env.get("MAIL_KEY") ?? stripe);',
	"functions/any/index.ts": "Deno.serve(() => Response.json(Object.keys(Deno.env.toObject())));",
	"functions/slow/index.ts":
		'await new Promise((done) => setTimeout(done, 400)); Deno.serve(() => new Response(Deno.env.get("PAY_KEY")));',
	"functions/strict/index.ts":
		'if (Deno.env.get("STRICT_KEY") === "bad") throw new Error("the key is refused"); Deno.serve(() => new Response());',
};

const PATIENCE_MS = 120_000;
/** For `expect.poll`, which gives up after a second by default. */
export const PATIENTLY = { timeout: PATIENCE_MS };

/** Made by `useConsole` before a file's tests. */
export let story: Story;
let browser: Browser;
let contexts: BrowserContext[] = [];

/** Starts a browser. The tests run as root in containers, where Chromium has no sandbox. */
export async function startBrowser(): Promise<Browser> {
	const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
	const folders = (process.env.PATH ?? "").split(delimiter);
	const paths = BROWSERS.flatMap((name) => folders.map((folder) => join(folder, name)));
	const executablePath = paths.find((path) => existsSync(path));
	if (executablePath === undefined) throw new Error(`There is no browser: ${BROWSERS.join(", ")}.`);
	return await chromium.launch({ executablePath, args: ["--no-sandbox"], ...signals });
}

/** Starts a browser for the tests of the calling file. Its pages must not report faults. */
export function useBrowser(): void {
	beforeAll(async () => {
		browser = await startBrowser();
	});
	afterEach(async () => {
		for (const context of contexts) await context.close();
		contexts = [];
		expect(faults.splice(0)).toEqual([]);
	});
	afterAll(() => browser.close());
}

/** Starts a platform and a browser for the tests of the calling file. */
export function useConsole(): void {
	useBrowser();
	beforeAll(async () => {
		story = new Story();
		await story.start();
		for (const name of ["PAY_KEY", "MAIL_KEY", "STRICT_KEY", "UNREAD_KEY"]) await story.send(name, 1, "good");
		await story.client.deploy(APP, FILES);
		const target = join(story.data, "..", "backup");
		await backupPlatform({ dataDirectory: story.data, target, version: "0.0.0", nowMs: Date.now() });
	});
	afterAll(() => story[Symbol.asyncDispose]());
}

/** A client with a new token. @returns it with the token's id */
export async function clientWith(scopes: readonly Scope[], app: string | null = null) {
	const response = await story.client.call(ROUTES.createToken, {}, { scopes, app, expires: null });
	const { id, token } = createdTokenSchema.parse(await response.json());
	return { id, client: new TestClient((path, init) => fetch(story.platform.controlUrl + path, init), token) };
}

/** Where a platform is, and a client of it. */
interface Place {
	readonly platform: { readonly controlUrl: string };
	readonly client: TestClient;
}

/** The address that opens the console once, with the rights of a client. */
export async function consoleUrl(client: TestClient = story.client, place: Place = story): Promise<string> {
	const response = await client.call(ROUTES.createConsoleCode, {});
	return place.platform.controlUrl + consoleCodeSchema.parse(await response.json()).path;
}

export interface Looks {
	readonly colorScheme?: "light" | "dark";
	readonly width?: number;
}

/** A page whose errors and refused requests fail the test. */
export async function newPage(
	looks: Looks = {},
	{ platform }: Pick<Place, "platform"> = story,
): Promise<Page> {
	const { colorScheme = "light", width = 1280 } = looks;
	const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
	contexts.push(context);
	const page = await context.newPage();
	// On a busy machine, everything takes several times as long.
	page.setDefaultTimeout(PATIENCE_MS);
	const fail = (text: string) => faults.push(text);
	page.on("pageerror", (error) => fail(error.message));
	page.on("console", (message) => {
		// Chromium logs each answer with a status of failure.
		if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
			fail(message.text());
	});
	page.on("request", (request) => {
		const isOwn = request.url().startsWith(platform.controlUrl) || request.url().startsWith("data:");
		if (!isOwn) fail(`requests ${request.url()}`);
	});
	return page;
}

/** What pages have reported, and nothing may report. */
const faults: string[] = [];

/** A page with an open session. */
export async function signIn(
	looks: Looks = {},
	client: TestClient = story.client,
	place: Place = story,
): Promise<Page> {
	const page = await newPage(looks, place);
	await page.goto(await consoleUrl(client, place));
	await page.getByRole("navigation", { name: "Pages" }).waitFor();
	return page;
}

/** Goes to a page of the console by its address. */
export async function show(page: Page, hash: string): Promise<void> {
	await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
}
