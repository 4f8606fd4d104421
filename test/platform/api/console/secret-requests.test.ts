/** Requests for secrets on the platform: what is kept, what leaves, and what strangers can do with it. */
import { describe, expect, test } from "vitest";
import type { Identity } from "../../../../src/identity/identity.ts";
import { ROUTES, routePath } from "../../../../src/protocol/routes.ts";
import type { FilledValue, SecretRequestList } from "../../../../src/protocol/secret-requests/messages.ts";
import { makeEntry, type NewEntry } from "../../../../src/vault/requests/answers.ts";
import { printEntry, type RequestEntry } from "../../../../src/vault/requests/entry.ts";
import { newTestIdentity } from "../../fixtures/vault.ts";
import { APP, client, expectProblem, platform, send, useApi, vault } from "../api-fixture.ts";

useApi();

const DAY_MS = 24 * 60 * 60 * 1000;
const stranger = newTestIdentity();

function entryOf(name: string, more: Partial<NewEntry> = {}, by?: Identity): RequestEntry {
	const at = "2026-11-30T04:00:00.000Z";
	const common = { kind: "request", name, environment: "production", seen: 0, answers: "", at } as const;
	return makeEntry(
		vault.vaultId,
		{ ...common, by: "ben@desk", reason: "It is missing", ...more },
		by?.signing,
	);
}

const declineOf = ({ id, name }: RequestEntry, by: Identity) =>
	entryOf(name, { kind: "decline", answers: id, reason: "Use another" }, by);

async function sent(...entries: readonly (RequestEntry | string)[]): Promise<SecretRequestList["requests"]> {
	const texts = entries.map((entry) => (typeof entry === "string" ? entry : printEntry(entry)));
	const answer = await client.call(ROUTES.sendSecretRequests, { app: APP }, { entries: texts });
	expect(answer.status).toBe(200);
	return ((await answer.json()) as SecretRequestList).requests;
}

async function listed(app = APP): Promise<SecretRequestList["requests"]> {
	const answer = await client.call(ROUTES.listSecretRequests, { app });
	return ((await answer.json()) as SecretRequestList).requests;
}

const names = (requests: SecretRequestList["requests"]) => requests.map(({ name }) => name);

async function change(name: string, version: number, value: string | undefined): Promise<void> {
	const { revision, head } = await client.showApp(APP);
	await client.send(APP, vault.change(APP, { revision, head }, [vault.record(name, version, value)]));
}

describe("a request", () => {
	test("of a member is verified by its signature, and another name is only what its asker wrote", async () => {
		const [member, forged] = [
			entryOf("MEMBER", {}, vault.writer),
			entryOf("FORGED", { by: "writer" }, stranger),
		];
		const requests = await sent(member, forged, entryOf("UNSIGNED", { by: "writer" }));
		expect(requests.map(({ by, name, verified }) => [name, by, verified])).toEqual([
			["FORGED", "writer", false],
			["MEMBER", "writer", true],
			["UNSIGNED", "writer", false],
		]);
		expect(requests[1]).toMatchObject({ id: member.id, at: member.at, reason: "It is missing" });
		expect(await listed()).toEqual(requests);
	});

	test("of one working copy stays when another, which lacks it, sends its own", async () => {
		await sent(entryOf("OURS"));
		expect(names(await sent(entryOf("THEIRS")))).toEqual(expect.arrayContaining(["OURS", "THEIRS"]));
	});

	test("leaves when its secret is set, and does not come back after that is deleted", async () => {
		const request = entryOf("LATER");
		expect(names(await sent(request))).toContain("LATER");
		await change("LATER", 1, "a value");
		expect(names(await listed())).not.toContain("LATER");
		await change("LATER", 2, undefined);
		expect(names(await sent(request))).not.toContain("LATER");
		expect(names(await sent(entryOf("LATER", { seen: 2 })))).toContain("LATER");
	});

	test("leaves when a writer declines it, and only then, also for a working copy without the answer", async () => {
		const request = entryOf("UNWANTED");
		expect(names(await sent(request, declineOf(request, stranger)))).toContain("UNWANTED");
		expect(names(await sent(declineOf(request, vault.writer)))).not.toContain("UNWANTED");
		expect(names(await sent(request))).not.toContain("UNWANTED");
	});

	test("leaves two weeks after a working copy has sent it last", async () => {
		const [forgotten, kept] = [entryOf("FORGOTTEN"), entryOf("KEPT")];
		await sent(forgotten, kept);
		platform.clock.atMs += 10 * DAY_MS;
		await sent(kept);
		platform.clock.atMs += 5 * DAY_MS;
		const left = names(await sent());
		expect(left).toContain("KEPT");
		expect(left).not.toContain("FORGOTTEN");
	});
});

describe("what is no request", () => {
	test.each<[string, () => string]>([
		["a text", () => "hello"],
		["an empty text", () => ""],
		["markup in a name", () => printEntry(entryOf("X")).replaceAll("name X", "name <b>")],
		[
			"an invisible character",
			() => printEntry(entryOf("X", { reason: "a" })).replace("reason a", "reason a\u202e"),
		],
		["another environment", () => printEntry(entryOf("X", { environment: "preview" }))],
		["an answer to nothing", () => printEntry(declineOf(entryOf("X"), stranger))],
	])("is left out: %s", async (_, text) => {
		const before = await listed();
		expect(await sent(text())).toEqual(before);
	});

	test("is refused where it is too much: entries, characters, bytes, other members", async () => {
		const text = printEntry(entryOf("X"));
		const { token } = platform;
		const path = routePath(ROUTES.sendSecretRequests, { app: APP });
		const put = (body: unknown) => send(ROUTES.sendSecretRequests, path, token, body);
		await expectProblem(await put({ entries: Array(101).fill(text) }), 400, "MESSAGE_INVALID");
		await expectProblem(await put({ entries: ["x".repeat(8_193)] }), 400, "MESSAGE_INVALID");
		await expectProblem(await put({ entries: [], more: 1 }), 400, "MESSAGE_INVALID");
		const large = JSON.stringify({ entries: ["x".repeat(2 ** 20)] });
		expect((await put(large)).status).toBe(413);
	});
});

describe("a value that waits for a member", () => {
	const bytes = (count: number) => Buffer.alloc(count, 7).toString("base64url");
	const sealedFor = (...boxes: readonly string[]) => ({
		value: bytes(272),
		keys: boxes.map((box) => ({ box, enc: bytes(32), key: bytes(48) })),
	});
	const own = () => sealedFor(vault.writer.publicKeys.box);
	const fill = (id: string, body: unknown = own()) =>
		client.call(ROUTES.fillSecretRequest, { app: APP, id }, body);
	const read = (id: string) => client.call(ROUTES.readFilledValue, { app: APP, id });

	test("is kept with its request, replaced by a later one, and removed by whoever takes it", async () => {
		const request = entryOf("FILLED", {}, vault.writer);
		await sent(request);
		expect((await fill(request.id)).status).toBe(204);
		const later = { ...own(), value: bytes(528) };
		expect((await fill(request.id, later)).status).toBe(204);
		const found = (await (await read(request.id)).json()) as FilledValue;
		expect(found).toMatchObject({
			...later,
			id: request.id,
			name: "FILLED",
			by: expect.stringMatching(/^tok_/),
		});
		const shown = (await listed()).find(({ name }) => name === "FILLED");
		expect(shown?.filled).toEqual({ by: found.by, atMs: platform.clock.atMs });
		const discard = () => client.call(ROUTES.discardFilledValue, { app: APP, id: request.id });
		expect([(await discard()).status, (await discard()).status]).toEqual([204, 204]);
		await expectProblem(await read(request.id), 404, "REQUEST_NOT_FOUND");
	});

	test("goes when the request is filled or declined", async () => {
		const [set, declined] = [entryOf("SET_ELSEWHERE"), entryOf("DECLINED")];
		await sent(set, declined);
		for (const { id } of [set, declined]) expect((await fill(id)).status).toBe(204);
		await change("SET_ELSEWHERE", 1, "a value");
		await sent(declineOf(declined, vault.writer));
		for (const { id } of [set, declined]) {
			await expectProblem(await read(id), 404, "REQUEST_NOT_FOUND");
			await expectProblem(await fill(id), 404, "REQUEST_NOT_FOUND");
		}
	});

	test("is refused for others than the present writers, without a request, and in another form", async () => {
		const request = entryOf("REFUSED");
		await sent(request);
		const platformBox = platform.identity.publicKeys.box;
		const { box } = vault.writer.publicKeys;
		for (const body of [
			sealedFor(platformBox),
			sealedFor(box, platformBox),
			sealedFor(stranger.publicKeys.box),
			sealedFor(box, box),
		])
			await expectProblem(await fill(request.id, body), 409, "RECIPIENTS_CHANGED");
		await expectProblem(await fill("0".repeat(16)), 404, "REQUEST_NOT_FOUND");
		const forms = [
			{},
			{ ...own(), keys: [] },
			{ ...own(), value: "not base64!" },
			{ ...own(), value: "A".repeat(90_001) },
			{ ...own(), more: 1 },
			{ ...own(), keys: Array(101).fill(own().keys[0]) },
		];
		for (const body of forms) await expectProblem(await fill(request.id, body), 400, "MESSAGE_INVALID");
		await expectProblem(await read(request.id), 404, "REQUEST_NOT_FOUND");
	});

	test("is one of at most 20", async () => {
		const requests = Array.from({ length: 21 }, (_, index) => entryOf(`WAITING_${index}`));
		await sent(...requests);
		for (const { id } of requests.slice(0, 20)) expect((await fill(id)).status).toBe(204);
		await expectProblem(await fill(requests[20]?.id ?? ""), 400, "VALUES_TOO_MANY");
		expect((await fill(requests[0]?.id ?? "")).status).toBe(204);
	});
});

test("at most 200 entries are kept, those that were sent last", async () => {
	for (let page = 0; page < 3; page++) {
		platform.clock.atMs += 1_000;
		await sent(...Array.from({ length: 100 }, (_, index) => entryOf(`MANY_${page}_${index}`)));
	}
	const kept = names(await listed());
	expect(kept).toHaveLength(200);
	expect(kept.filter((name) => name.startsWith("MANY_0"))).toEqual([]);
	const stored: string[] = [];
	for await (const { stream, text } of platform.core.store.checkpoints.read(`apps/${APP}/changes`))
		if (text !== undefined) stored.push(stream);
	// One text for the app, however many were sent.
	expect(stored).toEqual([`apps/${APP}/changes`]);
});

test("two nodes do not change the list at the same time", async () => {
	const { store } = platform.core;
	await store.lease(`requests/${APP}`, "another-node", DAY_MS);
	const answer = await client.call(ROUTES.sendSecretRequests, { app: APP }, { entries: [] });
	await expectProblem(answer, 503, "STORE_BUSY");
	await store.release(`requests/${APP}`, "another-node");
	expect(await sent()).toEqual(await listed());
});

test("an app without a vault has none, and a new app of the same name does not get those of the old one", async () => {
	await client.createApp("doomed", vault);
	const { revision, head } = await client.showApp("doomed");
	await client.send("doomed", vault.change("doomed", { revision, head }, [], { header: vault.header }));
	const put = { entries: [printEntry(entryOf("OLD"))] };
	expect((await client.call(ROUTES.sendSecretRequests, { app: "doomed" }, put)).status).toBe(200);
	expect(names(await listed("doomed"))).toEqual(["OLD"]);
	await client.call(ROUTES.deleteApp, { app: "doomed" });
	await client.createApp("doomed", vault);
	expect(await listed("doomed")).toEqual([]);
});
