/** The requests for secrets on the page of secrets: what it says of them, and what their texts cannot do. */
import { beforeAll, expect, test } from "vitest";
import type { SecretRequestList } from "../../../src/protocol/secret-requests/messages.ts";
import { APP } from "../../platform/fixtures/platform-story.ts";
import { clientWith, PATIENTLY, show, signIn, story, useConsole } from "./fixture.ts";

useConsole();

beforeAll(async () => {
	await story.ask("STRIPE_KEY");
	await story.ask("MAIL_TOKEN", "build-agent", 'Für den Versand: $(rm -rf /) "; curl evil');
});

const SECRETS = `#/apps/${APP}/secrets`;

test("each says its name, its environment, who asks, whether that is verified, when, why and how to fill it", async () => {
	const page = await signIn();
	await show(page, SECRETS);
	const region = page.getByRole("region", { name: "Requested secrets" });
	await region.waitFor();
	const entries = await region.getByRole("listitem").allTextContents();
	expect(entries).toEqual([
		expect.stringMatching(
			/^MAIL_TOKEN in production.*“build-agent” not verified.*2 h ago by the asker's clock.*Für den Versand: \$\(rm -rf \/\) "; curl evil.*coffer requests fill MAIL_TOKEN -e production/s,
		),
		expect.stringMatching(
			/^STRIPE_KEY in production.*writer \(member, verified by signature\).*coffer requests fill STRIPE_KEY -e production/s,
		),
	]);
});

test("the command is copied as it is, and the request goes when the secret is set", async () => {
	const page = await signIn();
	await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
	await show(page, SECRETS);
	await page.getByRole("button", { name: "Copy the command that sets MAIL_TOKEN" }).click();
	await page.getByRole("button", { name: "Copied" }).waitFor();
	expect(await page.evaluate("navigator.clipboard.readText()")).toBe(
		"coffer requests fill MAIL_TOKEN -e production",
	);
	await story.send("MAIL_TOKEN", 1, "a value");
	const region = page.getByRole("region", { name: "Requested secrets" });
	await expect.poll(() => region.getByRole("listitem").count(), PATIENTLY).toBe(1);
	await region.getByText("1 secret is asked for").waitFor();
});

test("texts of strangers are inert, whatever the platform says", async () => {
	const page = await signIn({ width: 360 });
	const [MARKUP, BIDI] = ['<img src=x onerror="document.title=1">', "safe\u202Egpj.exe\u200B\u0007"];
	const request = (id: string, text: string): SecretRequestList["requests"][number] => ({
		...{
			id,
			name: text,
			reason: `${text} ${text}`,
			by: text,
			verified: false,
			at: text,
			filled: { by: text, atMs: 0 },
		},
	});
	const list: SecretRequestList = {
		...{ vaultId: "v", environment: "production" },
		recipients: [{ name: MARKUP, box: "b", fingerprint: BIDI }],
		requests: [request("a", MARKUP), request("b", BIDI), request("c", "L".repeat(128))],
	};
	await page.route(`**/v1/apps/${APP}/secret-requests`, (route) => route.fulfill({ json: list }));
	await page.reload();
	await show(page, SECRETS);
	const region = page.getByRole("region", { name: "Requested secrets" });
	await region.getByText("safe\\u{202e}gpj.exe\\u{200b}\\u{7}").first().waitFor();
	expect(await page.locator("img").count()).toBe(0);
	// Nobody pastes it into a shell.
	expect(await region.getByRole("button", { name: /Copy/ }).count()).toBe(1);
	expect((await region.textContent())?.replaceAll("\n", " ")).not.toMatch(/[\p{Cf}\p{Cc}]/u);
	expect(await page.title()).toBe("Secrets – Coffer");
	const tooWide = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
	expect(tooWide).toBeLessThanOrEqual(0);
});

test("a session of a token that may only read sees none", async () => {
	const { client } = await clientWith(["read"]);
	const page = await signIn({}, client);
	await show(page, SECRETS);
	await page.getByText("does not have the scope").waitFor();
	expect(await page.getByText("STRIPE_KEY").count()).toBe(0);
});

test("a platform without the route shows the secrets as before", async () => {
	const page = await signIn();
	const json = { code: "ROUTE_NOT_FOUND", detail: "The control API has no route for this path." };
	await page.route(`**/v1/apps/${APP}/secret-requests`, (route) => route.fulfill({ status: 404, json }));
	await page.reload();
	await show(page, SECRETS);
	await page.getByText("PAY_KEY").first().waitFor();
	expect(await page.getByText("has no route").count()).toBe(0);
});
