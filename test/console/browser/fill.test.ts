/**
 * A person fills in a request in the browser, and a member accepts the value at the terminal. The platform never has the
 * value: not in its store, its log or a message.
 */
import axe from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sealValue } from "../../../src/console/data/seal-value.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import type { SecretRequestList } from "../../../src/protocol/secret-requests/messages.ts";
import { TestClient } from "../../platform/fixtures/client.ts";
import { type Platform, startPlatform } from "../../stories/support/platform.ts";
import { APP, newProject, type Project } from "../../stories/support/project.ts";
import { onTerminal } from "../../stories/support/terminal.ts";
import { filesBelow } from "../../support/files-below.ts";
import { formsOf } from "../../support/values/forms.ts";
import { show, signIn, useBrowser } from "./fixture.ts";

const CANARY = "cAnary+filled/1 é&xyzzy-0001";
const SECRETS = `#/apps/${APP}/secrets`;

useBrowser();

let platform: Platform;
let ana: Project;
let client: TestClient;
beforeAll(async () => {
	platform = await startPlatform();
	ana = await newProject({ env: { COFFER_TOKEN: platform.token } });
	await ana.ok(["secrets", "set", "A=1"]);
	await ana.ok(["link", platform.control, "--app", APP]);
	client = new TestClient((path, init) => fetch(platform.control + path, init), platform.token);
});
afterAll(async () => {
	await ana?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

async function ask(name: string): Promise<void> {
	await ana.ok(["request", name, "--reason", "The checkout function needs it"]);
	await ana.ok(["sync"]);
}

const enter = async (): Promise<Page> => {
	const page = await signIn({}, client, { platform: { controlUrl: platform.control }, client });
	await show(page, SECRETS);
	return page;
};

async function listed(): Promise<SecretRequestList> {
	return (await (await client.call(ROUTES.listSecretRequests, { app: APP })).json()) as SecretRequestList;
}

/** The forms of the canary that a text has, also as bytes that were read one by one. */
const formsIn = (text: string) =>
	formsOf(CANARY).filter(
		(form) => text.includes(form) || text.includes(Buffer.from(form).toString("latin1")),
	);

/** What the platform has stored and logged, as bytes that were read one by one. */
function kept(): string {
	const files = filesBelow(platform.folder).map(({ bytes }) => bytes.toString("latin1"));
	return [...files, platform.log].join("\n");
}

/** A sync names the value, nothing sets it without a person, and a person sets it at a terminal. */
async function expectAcceptedByPerson(): Promise<void> {
	const synced = await ana.coffer(["sync"]);
	expect(synced.stderr).toContain("A value for STRIPE_KEY was filled in in the console.");
	expect(synced.stderr).toContain("coffer requests accept STRIPE_KEY");
	const alone = await ana.coffer(["requests", "accept", "STRIPE_KEY", "--json"]);
	expect(alone.error()).toMatchObject({ code: "NO_TERMINAL", exit: 2 });
	expect((await ana.data(["secrets", "list"])).secrets).toHaveLength(1);

	const question = "set the secret to this value?";
	const args = ["requests", "accept", "STRIPE_KEY"];
	const { shown, status } = await onTerminal(ana, args, [{ question, answer: "y" }]);
	expect([status, formsIn(shown)]).toEqual([0, []]);
	expect(shown).toMatch(/asked for by .*with the access token tok_\w+, as the platform says/s);
	expect(await ana.reveal("STRIPE_KEY")).toBe(CANARY);
	expect((await ana.data(["requests", "list"])).requests).toEqual([]);
	expect((await listed()).requests).toEqual([]);
	expect(formsIn(kept())).toEqual([]);
}

test("what the browser sends is no value, and the member gets it after a look and a yes", async () => {
	await ask("STRIPE_KEY");
	const page = await enter();
	const messages: string[] = [];
	page.on("request", (request) => messages.push(`${request.url()} ${request.postData() ?? ""}`));
	page.on(
		"response",
		(response) =>
			void response.text().then(
				(text) => messages.push(text),
				() => undefined,
			),
	);
	await page.getByRole("button", { name: "Fill in here: STRIPE_KEY" }).click();
	const field = page.getByLabel("Value of STRIPE_KEY");
	const [{ fingerprint }] = (await ana.data(["members", "list"])).members.filter(
		({ self }: { self: boolean }) => self,
	);
	await page.getByText(fingerprint).waitFor();
	await page.evaluate(axe.source);
	const { violations } = (await page.evaluate("axe.run(document)")) as axe.AxeResults;
	expect(violations.map(({ id }) => id)).toEqual([]);
	// As it is pasted, with the end of its line.
	await field.fill(`${CANARY}\n`);
	await page.getByRole("button", { name: "Encrypt and send" }).click();
	await page.getByText("It waits until a writer accepts it").waitFor();
	expect(await page.locator("textarea").count()).toBe(0);
	expect(messages.some((message) => message.includes("/value "))).toBe(true);
	expect(formsIn([...messages, await page.content()].join("\n"))).toEqual([]);
	// The store has the request and what was encrypted, and its log says that it was filled in.
	const { requests } = await listed();
	const id = requests[0]?.id ?? "";
	const sealed = await (await client.call(ROUTES.readFilledValue, { app: APP, id })).text();
	expect(kept()).toContain(JSON.parse(sealed).value);
	expect(platform.log).toContain("request filled in");
	expect([formsIn(kept()), formsIn(sealed)]).toEqual([[], []]);

	await expectAcceptedByPerson();
	await page.getByText("asked for").waitFor({ state: "detached" });
});

describe("a platform that is not honest", () => {
	/** Fills in a value as anybody with a token can: the keys are public. */
	async function inject(name: string, value: string, changes: object = {}): Promise<void> {
		const { environment, recipients, requests, vaultId } = await listed();
		const id = requests.find((request) => request.name === name)?.id ?? "";
		const place = { vaultId, environment, name, id, ...changes };
		const sealed = await sealValue(
			value,
			place,
			recipients.map(({ box }) => box),
		);
		const answer = await client.call(ROUTES.fillSecretRequest, { app: APP, id }, sealed);
		expect(answer.status).toBe(204);
	}

	const accept = (name: string, ...more: string[]) =>
		ana.coffer(["requests", "accept", name, ...more, "--json"]);

	test("gets no value into the vault without a yes, and --discard removes it", async () => {
		await ask("INJECTED");
		await inject("INJECTED", "attacker-value");
		await ana.ok(["sync"]);
		expect((await accept("INJECTED")).error()).toMatchObject({ code: "NO_TERMINAL" });
		const declined = await onTerminal(
			ana,
			["requests", "accept", "INJECTED"],
			[{ question: "set the secret to this value?", answer: "n" }],
		);
		expect(declined.status).toBe(0);
		expect(declined.shown).not.toContain("attacker-value");
		const names = async () =>
			(await ana.data(["secrets", "list"])).secrets.map(({ name }: { name: string }) => name);
		expect(await names()).not.toContain("INJECTED");
		expect((await accept("INJECTED", "--discard")).status).toBe(0);
		expect((await accept("INJECTED", "--yes")).error()).toMatchObject({
			code: "REQUEST_NOT_FILLED",
			exit: 4,
		});
		expect(await names()).not.toContain("INJECTED");
	});

	test("cannot give the value of one request to another", async () => {
		await ask("ONE");
		await ask("TWO");
		const { requests } = await listed();
		await inject("TWO", "value of one", { id: requests[0]?.id, name: "ONE" });
		expect((await accept("TWO", "--yes")).error()).toMatchObject({ code: "FILLED_VALUE_INVALID", exit: 7 });
		await inject("TWO", "right value");
		expect((await accept("TWO", "--yes")).json()).toMatchObject({ set: ["TWO"] });
		expect(await ana.reveal("TWO")).toBe("right value");
	});

	test("cannot invent a request", async () => {
		await using other = await newProject({ env: { COFFER_TOKEN: platform.token } });
		await other.ok(["link", platform.control, "--app", "elsewhere"]);
		const refused = await other.coffer(["requests", "accept", "ONE", "--yes", "--json"]);
		expect(refused.error()).toMatchObject({ code: "REQUEST_NOT_FOUND", exit: 4 });
	});
});
