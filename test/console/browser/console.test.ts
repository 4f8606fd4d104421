/** The console in a browser, on a real platform with real functions. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { History } from "../../../src/protocol/console.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { APP } from "../../platform/fixtures/platform-story.ts";
import { clientWith, consoleUrl, newPage, PATIENTLY, show, signIn, story, useConsole } from "./fixture.ts";

useConsole();

const textOf = (page: Page, selector: string) => page.locator(selector).textContent();

describe("a session", () => {
	test("opens with a code, which leaves the address, and stays open after a reload", async () => {
		const page = await signIn();
		expect(page.url()).not.toContain("code");
		await page.reload();
		await page.getByRole("heading", { name: "Map" }).waitFor();
		expect(await page.evaluate("history.length")).toBeLessThanOrEqual(2);
	});

	test("opens only once with a code", async () => {
		const url = await consoleUrl();
		const page = await newPage();
		await page.goto(url);
		await page.getByRole("navigation", { name: "Pages" }).waitFor();
		const other = await newPage();
		await other.goto(url);
		await other.getByRole("heading", { name: "The session has ended" }).waitFor();
		expect(await textOf(other, "main")).toContain("coffer console");
	});

	test("is missing in a browser that has never had one, which says what to do", async () => {
		const page = await newPage();
		await page.goto(`${story.platform.controlUrl}/console/`);
		await page.getByRole("heading", { name: "This browser has no session" }).waitFor();
		expect(await textOf(page, "main")).toContain("coffer console");
	});

	test("ends with its token: the open page says so", async () => {
		const { client, id } = await clientWith(["read"]);
		const page = await signIn({}, client);
		await page.getByText("Live", { exact: true }).waitFor();
		await story.client.call(ROUTES.revokeToken, { id });
		await page.getByRole("heading", { name: "The session has ended" }).waitFor();
	});

	test("is closed by signing out", async () => {
		const page = await signIn();
		await page.getByRole("button", { name: "Sign out" }).click();
		await page.getByRole("heading", { name: "This browser has no session" }).waitFor();
		await page.reload();
		await page.getByRole("heading", { name: "This browser has no session" }).waitFor();
	});
});

test("a session that was closed stays closed, whatever an earlier request is told afterwards", async () => {
	const page = await signIn();
	let answer = () => {};
	const held = new Promise<void>((resolve) => {
		answer = resolve;
	});
	await page.route("**/figures?*", async (route) => {
		await held;
		await route.fulfill({ status: 401, json: {} });
	});
	const asked = page.waitForRequest("**/figures?*");
	await show(page, `#/apps/${APP}/functions`);
	await asked;
	await page.getByRole("button", { name: "Sign out" }).click();
	await page.getByRole("heading", { name: "This browser has no session" }).waitFor();
	const answered = page.waitForResponse("**/figures?*");
	answer();
	await (await answered).finished();
	await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
	expect(await page.getByRole("heading").allInnerTexts()).toEqual(["This browser has no session"]);
});

describe("a session whose token has less rights", () => {
	test("with 'read' alone shows less, says why, and does not ask for what it may not see", async () => {
		const { client } = await clientWith(["read"]);
		const page = await newPage();
		const asked: string[] = [];
		page.on("request", (request) => asked.push(new URL(request.url()).pathname));
		await page.goto(await consoleUrl(client));
		await page.getByRole("option", { name: "PAY_KEY" }).waitFor();
		expect(await textOf(page, ".notice")).toContain("sync");
		await show(page, `#/apps/${APP}/secrets`);
		await page.getByText("does not show it the names").waitFor();
		await show(page, "#/platform");
		await page.getByText("does not show it the other tokens").waitFor();
		expect(asked.filter((path) => /secrets|history|tokens/.test(path))).toEqual([]);
	});

	test("for one app shows this app, and nothing of the platform", async () => {
		const { client } = await clientWith(["read", "sync"], APP);
		const page = await signIn({}, client);
		await page.getByRole("option", { name: "UNREAD_KEY" }).waitFor();
		await show(page, "#/platform");
		await page.getByText("belong to the whole platform").waitFor();
		expect(await page.getByRole("table").count()).toBe(0);
	});
});

describe("the map", () => {
	test("says what is missing, unread and dynamic, and why a function reads a secret", async () => {
		const page = await signIn();
		await page.getByRole("button", { name: "1 missing" }).waitFor();
		await page.getByRole("button", { name: "1 unread" }).waitFor();
		await page.getByRole("button", { name: "1 read anything" }).click();
		const options = () => page.getByRole("option").allInnerTexts();
		await expect.poll(options, PATIENTLY).toEqual([expect.stringContaining("any\n")]);
		await page.getByRole("button", { name: "1 read anything" }).click();
		await page.getByRole("option", { name: "PAY_KEY" }).click();
		const details = await textOf(page, ".details");
		expect(details).toContain("functions/pay/index.ts:1, found in the code");
		expect(details).toContain("functions/slow/index.ts:1, found in the code");
		expect(details).not.toContain("functions/mail");
	});

	test("is used with the keyboard alone, from the list to the details", async () => {
		const page = await signIn();
		await page.getByRole("searchbox").fill("pay");
		await page.getByRole("listbox").focus();
		await page.keyboard.press("ArrowDown");
		await page.keyboard.press("ArrowDown");
		await page.getByRole("heading", { name: "PAY_KEY" }).waitFor();
		expect(await page.getByRole("option", { selected: true }).textContent()).toContain("PAY_KEY");
		const active = await page.getByRole("listbox").getAttribute("aria-activedescendant");
		expect(await page.locator(`#${active}`).getAttribute("aria-selected")).toBe("true");
		await page.keyboard.press("Escape");
		await page.getByRole("region", { name: "Overview" }).waitFor();
	});

	test("shows a change as it runs through the functions", async () => {
		const page = await signIn();
		await page.getByText("Live", { exact: true }).waitFor();
		await page.evaluate(
			`seen = new Set(); new MutationObserver(() => {
				for (const each of document.querySelectorAll(".node-row")) seen.add(each.innerText.replace("\\n", " "));
			}).observe(document.body, { subtree: true, childList: true, characterData: true })`,
		);
		await story.send("PAY_KEY", 2, "better");
		await page.getByText("Revision 5: PAY_KEY").waitFor();
		await page.locator(".rollout-counts").getByText("3 done").waitFor();
		expect(await page.evaluate("[...seen]")).toEqual(expect.arrayContaining(["slow Function, starting"]));
		expect(await textOf(page, ".rollout [role=status]")).toBe(
			"Revision 5 changes PAY_KEY: all 3 functions redeployed.",
		);
		await page
			.getByRole("option", { name: /^pay/ })
			.getByText(/serving/)
			.waitFor();
	});

	test("shows that a function failed with a change, and why", async () => {
		const page = await signIn();
		await page.getByText("Live", { exact: true }).waitFor();
		await story.send("STRICT_KEY", 2, "bad");
		await page.locator(".rollout-counts").getByText("1 failed").waitFor();
		await page.getByText("strict failed").click();
		await page.locator(".rollout-failure").getByText("the key is refused").waitFor();
		await story.send("STRICT_KEY", 3, "good");
		await page.locator(".rollout-counts").getByText("2 done").waitFor();
	});
});

describe("the page of a function", () => {
	test("follows its output and its requests, and shows what they contain as plain text", async () => {
		const page = await signIn();
		await show(page, `#/apps/${APP}/functions/pay`);
		await page.getByRole("heading", { name: "pay" }).waitFor();
		await story.body("pay");
		const output = page.getByRole("log", { name: "Output" });
		await output.getByText("paid <b>& \\u{202e}").first().waitFor();
		await page.getByRole("log", { name: "Requests" }).getByText(`GET /${APP}/pay`).first().waitFor();
		await page.getByRole("combobox", { name: "Level" }).first().selectOption("error");
		await output.getByText("no money").first().waitFor();
		await expect.poll(() => output.getByText("paid").count(), PATIENTLY).toBe(0);
		await page.getByRole("searchbox", { name: "Find in the output" }).fill("nothing like it");
		await output.getByText("Nothing in the output has this text.").waitFor();
	});

	test("has the focus on its heading when it comes from another page", async () => {
		const page = await signIn();
		await page.getByRole("link", { name: "Functions" }).click();
		await page.getByRole("link", { name: "mail" }).click();
		await page.getByRole("heading", { name: "mail" }).waitFor();
		await expect.poll(() => page.evaluate("document.activeElement.innerText"), PATIENTLY).toBe("mail");
		expect(await page.title()).toBe("mail – Coffer");
	});
});

describe("the page of secrets", () => {
	test("has names, versions, authors and readers, and no value", async () => {
		const page = await signIn();
		await show(page, `#/apps/${APP}/secrets`);
		const row = page.getByRole("row", { name: /^PAY_KEY/ });
		await row.getByText("writer").waitFor();
		await row.getByRole("link", { name: "pay", exact: true }).waitFor();
		await show(page, `#/apps/${APP}/history`);
		await page.getByText("Revision 1").waitFor();
		expect(await page.content()).not.toMatch(/good|better/);
	});

	test("follow one secret to its first version, page by page", async () => {
		const page = await signIn();
		// As if it had more versions than a page has.
		await page.route("**/history?name=MAIL_KEY", async (route) => {
			const answer = await route.fetch();
			const { entries } = (await answer.json()) as History;
			const newer = entries.map((entry) => ({
				...{ ...entry, revision: 99 },
				records: [{ name: "MAIL_KEY", version: 2, kind: "live" }],
			}));
			await route.fulfill({ json: { entries: newer, more: true } });
		});
		await show(page, `#/apps/${APP}/secrets/MAIL_KEY`);
		await page.getByText("Version 2 by writer, revision 99").waitFor();
		await page.getByRole("button", { name: "Show older versions" }).click();
		await page.getByText("Version 1 by writer, revision 2").waitFor();
		expect(await page.getByRole("button", { name: "Show older versions" }).count()).toBe(0);
		await show(page, "#/platform");
		const backup = page.getByRole("row", { name: /^backup/ });
		await backup.getByText("1 app, 5 functions").waitFor();
	});
});
