/** The administrator of a platform creates tokens, lists them and revokes one. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { link, type Platform, startPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";
import { CANARY } from "../support/refusal.ts";

let ana: Project;
let platform: Platform;
beforeAll(async () => {
	[ana, platform] = await Promise.all([newProject(), startPlatform()]);
	await link(ana, platform);
});
afterAll(async () => {
	await ana[Symbol.asyncDispose]();
	await platform[Symbol.asyncDispose]();
});

const token = (...words: string[]) => ["platform", "token", ...words];

describe("platform token", () => {
	test("create prints only the token on stdout, the token has its permissions, and list never shows it", async () => {
		const made = await ana.ok(token("create", "--scope", "read", "--app", "shop", "--expires", "30d"));
		const text = made.stdout.trim();
		expect(made.stdout).toMatch(/^coffer_[\w-]{22}\.[\w-]{43}\n$/);
		expect(made.stderr).toMatch(
			/^tok_[0-9a-f]{16}: read on shop; expires \d{4}-.* UTC\. It is shown only once\.\n$/,
		);
		const id = made.stderr.split(":")[0] ?? "";

		const { tokens } = await ana.data(token("list"));
		expect(tokens).toEqual([
			{
				...{ id: expect.any(String), scopes: ["admin"], app: null, expires: null, expired: false },
				created: expect.any(String),
			},
			{
				...{ id, scopes: ["read"], app: "shop", expires: expect.any(String), expired: false },
				created: expect.any(String),
			},
		]);
		expect(Date.parse(tokens[1].expires) - Date.parse(tokens[1].created)).toBe(30 * 86_400_000);
		const listed = await ana.ok(token("list", "--url", platform.control));
		expect(listed.stdout).toMatch(new RegExp(`^${id} +read +shop +\\d{4}-\\S+ \\d\\d:\\d\\d UTC +\\d`, "m"));
		expect(listed.stdout + JSON.stringify(tokens)).not.toContain(text.slice(-20));

		const env = { COFFER_TOKEN: text };
		expect(await ana.data(["functions", "list"], { env })).toMatchObject({ functions: [] });
		const beyond = await ana.coffer(["sync", "--json"], { env });
		expect(beyond.error()).toMatchObject({ code: "TOKEN_SCOPE", exit: 3 });

		expect(await ana.data(token("revoke", id))).toEqual({ revoked: id });
		const after = await ana.coffer(["functions", "list", "--json"], { env });
		expect([after.status, after.error().code]).toEqual([3, "TOKEN_INVALID"]);
		expect((await ana.data(token("list"))).tokens).toHaveLength(1);
		const line = new RegExp(`"token":"${id}".*"msg":"token revoked"`);
		await vi.waitFor(() => expect(platform.log).toMatch(line));
		expect(platform.log).not.toContain(text.slice(-20));
	});

	test("a token for one app can link that app, and has no permissions of an administrator", async () => {
		const { token: text } = await ana.data(token("create", "--scope", "admin", "--app", "other"));
		const env = { COFFER_TOKEN: text };
		await ana.ok(["environments", "create", "other"]);
		await ana.ok(["link", platform.control, "--app", "other", "--environment", "other"], { env });
		for (const words of [["list"], ["create", "--scope", "read"], ["revoke", "tok_0123456789abcdef"]]) {
			const refused = await ana.coffer([...token(...words), "--json"], { env });
			expect([refused.status, refused.stdout, refused.error().code]).toEqual([3, "", "TOKEN_SCOPE"]);
		}
	});

	test("refuses invalid arguments and does not repeat them", async () => {
		const id = "tok_0123456789abcdef";
		const read = ["--scope", "read"];
		for (const [words, exit, code] of [
			[["create", "--scope", CANARY], 2, "USAGE"],
			[["create"], 2, "USAGE"],
			[["create", "--base44", ...read], 2, "USAGE"],
			[["create"], 2, "USAGE"],
			[["create", ...read, "--expires", CANARY], 2, "EXPIRY_INVALID"],
			[["create", ...read, "--expires", "2020-01-01"], 2, "EXPIRY_PAST"],
			[["create", ...read, "--app", `Shop ${CANARY}`], 2, "APP_ID_INVALID"],
			[["create", ...read, "--url", "http://example.com"], 2, "PLATFORM_URL_INSECURE"],
			[["revoke", id], 4, "TOKEN_NOT_FOUND"],
			[["revoke", CANARY], 2, "TOKEN_ID_INVALID"],
			[["revoke", id, "--environment", "preview"], 2, "NOT_LINKED"],
		] as const) {
			const refused = await outcome([...words]);
			expect([words, refused.status, refused.stdout, refused.error().code]).toEqual([words, exit, "", code]);
			expect(refused.stderr).not.toContain(CANARY);
		}
		expect((await ana.data(token("list"))).tokens).toHaveLength(2);
	});

	test("sends a token to no platform but its own", async () => {
		await using second = await startPlatform();
		const refused = await outcome(["list", "--url", second.control]);
		expect([refused.status, refused.error().code]).toEqual([7, "PLATFORM_KEY_MISMATCH"]);
		const seen: IncomingMessage["headers"][] = [];
		const imposter = createServer((request, response) => {
			seen.push(request.headers);
			response.end("{}");
		});
		await new Promise<void>((resolve) => imposter.listen(0, "127.0.0.1", resolve));
		const { port } = imposter.address() as AddressInfo;
		expect((await outcome(["list", "--url", `http://127.0.0.1:${port}`])).status).toBe(6);
		expect(seen.map(({ authorization }) => authorization)).toEqual([undefined]);
		imposter.close();
	});

	test("prints a new administrator's token at the next start if none is left", async () => {
		const { tokens } = await ana.data(token("list"));
		for (const { id } of tokens.filter((row: { app: string | null }) => row.app === null))
			await ana.ok(token("revoke", id));
		expect((await outcome(["list"])).error()).toMatchObject({ code: "TOKEN_INVALID", exit: 3 });
		platform.token = "";
		await platform.restart();
		const env = { COFFER_TOKEN: platform.token };
		expect((await ana.data(token("list"), { env })).tokens).toHaveLength(2);
	});
});

async function outcome(words: readonly string[]) {
	return await ana.coffer([...token(...words), "--json"]);
}
