/** Requests for secrets go to the platform with `coffer sync` and `coffer watch`, and leave its list when they are answered. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { sealValue } from "../../../src/console/data/seal-value.ts";
import type { SecretRequestList } from "../../../src/protocol/secret-requests/messages.ts";
import { ForgingProxy } from "../support/network/forging-proxy.ts";
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

const asOwner = () => ({ authorization: `Bearer ${platform.token}`, "content-type": "application/json" });

async function list(): Promise<SecretRequestList> {
	const answer = await fetch(`${platform.control}/v1/apps/${APP}/secret-requests`, { headers: asOwner() });
	return (await answer.json()) as SecretRequestList;
}

/** The requests that the console of the platform lists. */
const listed = async (): Promise<SecretRequestList["requests"]> => (await list()).requests;

/** Fills in a value as the page of the console does. */
async function fillIn(name: string, value: string): Promise<void> {
	const { environment, recipients, requests, vaultId } = await list();
	const id = requests.find((request) => request.name === name)?.id ?? "";
	const boxes = recipients.map(({ box }) => box);
	const body = JSON.stringify(await sealValue(value, { vaultId, environment, name, id }, boxes));
	const path = `${platform.control}/v1/apps/${APP}/secret-requests/${id}/value`;
	expect((await fetch(path, { method: "POST", headers: asOwner(), body })).status).toBe(204);
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

test("a value is accepted also if the platform does not discard what waits: it goes with its request", async () => {
	await using proxy = await new ForgingProxy(platform.control).listen();
	await link(ana, platform, proxy.url);
	await ask("LATE_KEY");
	await ana.ok(["sync"]);
	await fillIn("LATE_KEY", "value-from-the-console");
	proxy.forge = ({ method }) =>
		method === "DELETE" ? (response) => void response.writeHead(503).end() : undefined;
	const accepted = await ana.coffer(["requests", "accept", "LATE_KEY", "--yes"]);
	expect(accepted.status).toBe(0);
	expect(accepted.stderr).toMatch(/Warning: The secret is set, and its encrypted value still waits/);
	expect(await ana.reveal("LATE_KEY")).toBe("value-from-the-console");
	expect((await listed()).map(({ name }) => name)).not.toContain("LATE_KEY");
});
