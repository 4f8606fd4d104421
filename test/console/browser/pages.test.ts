/** How the console's pages look and read: for screen readers, in dark and light, on a phone, and with odd contents. */
import axe from "axe-core";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import type { SecretList } from "../../../src/protocol/console.ts";
import type { FunctionList } from "../../../src/protocol/function-list.ts";
import { APP } from "../../platform/fixtures/platform-story.ts";
import { PATIENTLY, show, signIn, story, useConsole } from "./fixture.ts";

useConsole();

beforeAll(async () => {
	await story.ask("WANTED_KEY");
	await story.ask(`LONG_${"L".repeat(120)}`, "x".repeat(64), `${"reason ".repeat(20)}${"w".repeat(200)}`);
});

/** Every page, with a text that it shows once it is complete. */
const PAGES = {
	map: [`#/apps/${APP}/map`, "UNREAD_KEY"],
	"map, with something chosen": [`#/apps/${APP}/map/secret%3APAY_KEY`, "found in the code"],
	matrix: [`#/apps/${APP}/matrix`, "UNREAD_KEY"],
	functions: [`#/apps/${APP}/functions`, "p50 / p99"],
	"a function": [`#/apps/${APP}/functions/pay`, "in the last 24 hours"],
	secrets: [`#/apps/${APP}/secrets`, "no function by name"],
	"a secret": [`#/apps/${APP}/secrets/PAY_KEY`, "found in the code"],
	history: [`#/apps/${APP}/history`, "Revision 1"],
	platform: ["#/platform", "not whether they are still there"],
} as const;

const LOOKS = {
	light: { colorScheme: "light" },
	dark: { colorScheme: "dark" },
	"a phone": { colorScheme: "dark", width: 360 },
} as const;

const isTooWide = async (page: Page): Promise<boolean> =>
	(await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth")) > 0;

/** What axe finds, as text. */
async function violations(page: Page): Promise<string[]> {
	const { violations: found } = (await page.evaluate("axe.run(document)")) as axe.AxeResults;
	return found.map(
		({ id, nodes }) =>
			`${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`,
	);
}

describe.each(Object.entries(LOOKS))("in %s", (_, looks) => {
	test("every page has nothing that axe finds, and no page is wider than its window", async () => {
		const page = await signIn(looks);
		await page.evaluate(axe.source);
		const found: string[] = [];
		for (const [name, [hash, text]] of Object.entries(PAGES)) {
			await show(page, hash);
			await page.getByText(text).first().waitFor();
			found.push(...(await violations(page)).map((each) => `${name}: ${each}`));
			if (await isTooWide(page)) found.push(`${name}: is too wide`);
		}
		expect(found).toEqual([]);
	});
});

/** Answers of the platform with other contents. */
async function pretend(
	page: Page,
	functions: FunctionList["functions"],
	secrets: Partial<SecretList>,
): Promise<void> {
	const list: SecretList = { revision: 1, secrets: [], members: [], debt: [], ...secrets };
	await page.route(`**/v1/apps/${APP}/functions`, (route) => route.fulfill({ json: { functions } }));
	await page.route(`**/v1/apps/${APP}/secrets`, (route) => route.fulfill({ json: list }));
}

const functionOf = (
	name: string,
	names: readonly string[],
	more: object = {},
): FunctionList["functions"][number] => ({
	...{ name, url: "", state: "live", pid: 1, deployment: "d1", dynamic: [] },
	references: names.map((each) => ({ name: each, file: "index.ts", line: 1, how: "static" as const })),
	...more,
});

const secretOf = (name: string, by = "writer"): SecretList["secrets"][number] => ({
	...{ name, by, origin: "vault", kind: "live", version: 1, revision: 1, atMs: null },
});

describe("names and texts from outside", () => {
	const MARKUP = '<img src=x onerror="document.title=1">';
	const BIDI = "safe\u202Egpj.exe\u200B\u0007";
	const LONG = "L".repeat(128);

	test("are inert: markup is text, invisible characters are visible, long names do not widen a page", async () => {
		const page = await signIn({ width: 360 });
		// So long that its box scrolls.
		const error = `${MARKUP}\n${BIDI}\n`.repeat(20);
		await pretend(
			page,
			[
				functionOf(MARKUP, [BIDI, LONG], { state: "failed", error }),
				functionOf(LONG, [MARKUP], { dynamic: [{ file: MARKUP, line: 1, why: BIDI }] }),
			],
			{
				secrets: [secretOf(BIDI, MARKUP), secretOf(LONG, BIDI)],
				debt: [{ member: MARKUP, epoch: 1, names: [BIDI] }],
			},
		);
		const visible = "safe\\u{202e}gpj.exe\\u{200b}\\u{7}";
		const name = (text: string) => encodeURIComponent(text);
		for (const [hash, text] of [
			[`#/apps/${APP}/map/${name(`function:${MARKUP}`)}`, MARKUP],
			[`#/apps/${APP}/map/${name(`function:${LONG}`)}`, visible],
			[`#/apps/${APP}/matrix/${name(`secret:${BIDI}`)}`, visible],
			[`#/apps/${APP}/functions`, MARKUP],
			[`#/apps/${APP}/functions/${name(MARKUP)}`, visible],
			[`#/apps/${APP}/secrets`, visible],
			[`#/apps/${APP}/secrets/${name(BIDI)}`, visible],
		] as const) {
			await page.reload();
			await show(page, hash);
			await page.getByText(text).locator("visible=true").first().waitFor();
			expect(await page.locator("img").count()).toBe(0);
			const shown = (await page.locator("main").textContent())?.replaceAll("\n", " ");
			expect(shown).not.toMatch(/[\p{Cf}\p{Cc}]/u);
			expect(await isTooWide(page)).toBe(false);
			if ((await page.locator(".error-text").count()) === 0) continue;
			await page.evaluate(axe.source);
			expect(await violations(page)).toEqual([]);
		}
	});
});

describe("a map of 2,000 nodes", () => {
	const functions = Array.from({ length: 800 }, (_, index) =>
		functionOf(
			`f${index}`,
			[index, index + 1, index * 7].map((each) => `S${each % 1_200}`),
		),
	);
	const secrets = Array.from({ length: 1_200 }, (_, index) => secretOf(`S${index}`));

	test("draws and moves, and only a part of it is in the document", async () => {
		const page = await signIn();
		await pretend(page, functions, { secrets });
		await page.reload();
		await page.getByText("800 functions, 1,200 secrets").waitFor();
		expect(await page.locator(".node-row").count()).toBeLessThan(100);
		const box = await page.locator(".graph-nodes").boundingBox();
		if (box === null) throw new Error("There is no picture.");
		const before = await page.screenshot({ clip: box });
		await page.mouse.move(box.x + 200, box.y + 200);
		await page.mouse.wheel(0, -600);
		await expect.poll(async () => before.equals(await page.screenshot({ clip: box })), PATIENTLY).toBe(false);
		await page.getByRole("listbox").focus();
		await page.keyboard.press("End");
		await page.getByRole("heading", { name: "S999" }).waitFor();
		expect(await page.getByRole("option", { selected: true }).getAttribute("aria-posinset")).toBe("2000");
	});

	test("is a matrix of which the keys reach every cell", async () => {
		const page = await signIn();
		await pretend(page, functions, { secrets });
		await page.reload();
		await show(page, `#/apps/${APP}/matrix`);
		await page.getByRole("grid").focus();
		await page.keyboard.press("Control+End");
		const active = page.locator(`#${await page.getByRole("grid").getAttribute("aria-activedescendant")}`);
		await expect.poll(() => active.getAttribute("aria-colindex"), PATIENTLY).toBe("1201");
		expect(await active.getAttribute("aria-label")).toMatch(/^f\d+ and S\d+: /);
		expect(await page.locator(".matrix-row").count()).toBeLessThan(100);
	});
});

describe("without an answer", () => {
	test("the page says that it is offline, keeps what it shows, and comes back by itself", async () => {
		const page = await signIn();
		await page.getByRole("option", { name: "UNREAD_KEY" }).waitFor();
		await page.route("**/v1/**", (route) => route.abort());
		await show(page, `#/apps/${APP}/functions`);
		await page.evaluate("dispatchEvent(new Event('offline'))");
		await page.reload();
		await page.getByRole("heading", { name: "The platform does not answer" }).waitFor();
		await page.unroute("**/v1/**");
		await page.getByRole("button", { name: "Try again" }).click();
		await page.getByRole("link", { name: "pay" }).waitFor();
	});

	test("a broken stream of events is opened again", async () => {
		const page = await signIn();
		await page.getByText("Live", { exact: true }).waitFor();
		await page.route("**/events", (route) => route.abort());
		await page.reload();
		await page.getByText("Offline, trying again").waitFor();
		await page.unroute("**/events");
		await page.evaluate("dispatchEvent(new Event('online'))");
		await page.getByText("Live", { exact: true }).waitFor();
	});

	test("an app without functions and secrets says what to do", async () => {
		const page = await signIn();
		await pretend(page, [], {});
		await page.reload();
		for (const [name, command] of [
			["Map", "coffer secrets set NAME"],
			["Functions", "coffer functions new NAME"],
			["Secrets", "coffer secrets set NAME"],
		] as const) {
			await page.getByRole("link", { name, exact: true }).click();
			await page.locator(".empty").getByText(command).waitFor();
		}
	});
});
