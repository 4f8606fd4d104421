/** Requests for secrets go to the platform with `coffer sync` and `coffer watch`, and leave its list when they are answered. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { SecretRequestList } from "../../../src/protocol/secret-requests/messages.ts";
import { link, type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { APP, newProject, type Project } from "../support/project.ts";

const REASON = "The checkout function needs it";
let platform: PlatformAccess;
let ana: Project;

beforeAll(async () => {
	platform = await sharedPlatform();
	ana = await newProject();
	await ana.ok(["secrets", "set", "A=1"]);
	await link(ana, platform);
});
afterAll(async () => {
	await ana?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

/** What the console of the platform lists: the names. */
async function listed(): Promise<SecretRequestList["requests"]> {
	const headers = { authorization: `Bearer ${platform.token}` };
	const answer = await fetch(`${platform.control}/v1/apps/${APP}/secret-requests`, { headers });
	return ((await answer.json()) as SecretRequestList).requests;
}

const ask = (name: string, env = {}) => ana.ok(["request", name, "--reason", REASON], { env });

test("a sync sends who asks for what and why; an answer takes the request off the list", async () => {
	await ask("STRIPE_KEY");
	await ask("MAIL_KEY", { COFFER_IDENTITY: undefined });
	expect(await listed()).toEqual([]);
	const synced = await ana.coffer(["sync"]);
	expect([synced.status, synced.stderr]).toEqual([0, ""]);
	const { requests } = await ana.data(["requests", "list"]);
	expect(requests.map(({ name }: { name: string }) => name)).toEqual(["MAIL_KEY", "STRIPE_KEY"]);
	const shown = ({ at, by, id, name, reason, verified }: SecretRequestList["requests"][number]) => ({
		...{ at, by, id, name, reason, verified, filled: null },
	});
	expect(await listed()).toEqual(requests.map(shown));
	expect((await listed()).map(({ verified }) => verified)).toEqual([false, true]);
	// No command but the edit itself is needed: the platform sees that the secret has a value.
	await ana.ok(["requests", "fill", "STRIPE_KEY", "--stdin"], { input: "cAnary-of-request" });
	expect((await listed()).map(({ name }) => name)).toEqual(["MAIL_KEY"]);
	await ana.ok(["requests", "decline", "MAIL_KEY", "--reason", "Use A instead"]);
	await ana.ok(["sync"]);
	expect(await listed()).toEqual([]);
});

test("the watch sends them too, and a request without a platform is only a file", async () => {
	const watch = ana.start(["watch"]);
	await watch.stdout.next(/Watching/);
	await ask("WATCHED_KEY");
	await ana.ok(["secrets", "set", "A=2", "--no-sync"]);
	await vi.waitFor(async () => expect((await listed()).map(({ name }) => name)).toEqual(["WATCHED_KEY"]), {
		timeout: 60_000,
	});
	watch.signal("SIGINT");
	await watch.ended;
});

test("a token that may not sync sees no requests", async () => {
	const { token } = await ana.data([
		"platform",
		"token",
		"create",
		"--scope",
		"read",
		"--url",
		platform.control,
	]);
	const headers = { authorization: `Bearer ${token}` };
	for (const method of ["GET", "PUT"]) {
		const answer = await fetch(`${platform.control}/v1/apps/${APP}/secret-requests`, { method, headers });
		expect(answer.status).toBe(403);
	}
});
