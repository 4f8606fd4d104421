import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/bytes.ts";
import { blobHash } from "../../../src/protocol/blob-hash.ts";
import { staleSchema } from "../../../src/protocol/messages.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { linesOf } from "../fixtures/client.ts";
import { newTestIdentity, TestVault } from "../fixtures/vault.ts";
import { APP, BLOB, client, expectProblem, platform, useApi, vault } from "./api-fixture.ts";

useApi();

describe("changes", () => {
	test("are paged and returned as they were sent", async () => {
		const { revision, head } = await client.showApp(APP);
		const version = (platform.core.apps.get(APP).state.records.get("C")?.version ?? 0) + 1;
		const change = vault.change(APP, { revision, head }, [vault.record("C", version, "c")]);
		const [accepted, done] = await client.send(APP, change);
		expect(accepted).toMatchObject({ type: "accepted", revision: revision + 1, since: [] });
		expect(done).toMatchObject({ type: "done", untouched: expect.arrayContaining(["hello"]) });
		const response = await client.call(ROUTES.readChanges, { app: APP }, undefined, `?after=${revision}`);
		const page = (await response.json()) as { head: string; entries: unknown[] };
		expect(page.entries).toEqual([
			{ revision: revision + 1, head: page.head, change, receivedMs: platform.clock.now() },
		]);
	});

	test.each(["-1", "x", "1.5", "1e3", "99999999999999999999", ""])("after=%s is refused", async (after) => {
		const response = await client.call(ROUTES.readChanges, { app: APP }, undefined, `?after=${after}`);
		await expectProblem(response, 400, "REQUEST_INVALID");
	});

	test("that are stale are answered with the later changes", async () => {
		const { revision, head } = await client.showApp(APP);
		const version = (platform.core.apps.get(APP).state.records.get("D")?.version ?? 0) + 1;
		const base = { revision, head };
		await client.send(APP, vault.change(APP, base, [vault.record("D", version, "mine")]));
		const late = vault.change(APP, base, [vault.record("D", version, "late")]);
		const response = await client.call(ROUTES.appendChange, { app: APP }, late);
		const problem = (await response.clone().json()) as object;
		await expectProblem(response, 409, "CHANGE_STALE");
		const stale = staleSchema.parse(problem);
		expect(stale.entries.map((entry) => entry.revision)).toEqual([revision + 1]);
		expect(stale.revision).toBe(revision + 1);
	});

	test("that fork the membership known to their sender are refused, and nothing is stored", async () => {
		const { revision, head } = await client.showApp(APP);
		const { document } = vault;
		vault.add(newTestIdentity(), "reader", "ben");
		await client.send(APP, vault.change(APP, { revision, head }, [], { header: vault.header }));
		const read = await client.showApp(APP);
		const accepted = vault.document;
		vault.document = document;
		vault.add(newTestIdentity(), "reader", "eve");
		const forked = vault.change(APP, { revision: read.revision, head: read.head }, [], {
			header: vault.header,
		});
		vault.document = accepted;
		const response = await client.call(ROUTES.appendChange, { app: APP }, forked);
		await expectProblem(response, 422, "HEADER_DIVERGED");
		expect((await client.showApp(APP)).revision).toBe(read.revision);
	});

	test("that are sent twice get the first response and are one entry", async () => {
		const { revision, head } = await client.showApp(APP);
		const version = (platform.core.apps.get(APP).state.records.get("E")?.version ?? 0) + 1;
		const change = vault.change(APP, { revision, head }, [vault.record("E", version, "e")]);
		const [first, second] = await Promise.all([client.send(APP, change), client.send(APP, change)]);
		expect(first[0]).toMatchObject({ type: "accepted", repeat: false });
		expect(second).toEqual([{ ...first[0], repeat: true }, ...first.slice(1)]);
		expect((await client.showApp(APP)).revision).toBe(revision + 1);
	});
});

describe("apps and functions", () => {
	test("an app that is bound to another vault is refused", async () => {
		const body = { vaultId: new TestVault().vaultId, environment: "production" };
		await expectProblem(await client.call(ROUTES.createApp, { app: APP }, body), 409, "APP_TAKEN");
	});

	test("a deleted app accepts no changes, and is empty when it is created again", async () => {
		const empty = await client.createApp("again", vault);
		const base = { revision: empty.revision, head: empty.head };
		const first = vault.change("again", base, [vault.record("A", 1, "a")], { header: vault.header });
		await client.send("again", first);
		const { store, apps } = platform.core;
		const before = apps.get("again");
		await client.call(ROUTES.deleteApp, { app: "again" });
		expect(await store.streams("apps/again/")).toEqual([]);
		await expect(before.append(first)).rejects.toMatchObject({ code: "APP_NOT_FOUND" });
		// The same state as after a crash in the middle of a deletion.
		await store.append("apps/again/changes", 0, "left behind");
		expect(await client.createApp("again", vault)).toEqual(empty);
		const events = await client.send("again", first);
		expect(events[0]).toMatchObject({ type: "accepted", revision: 1 });
	});

	test.each(["Shop", "-shop", "shop_1", "a".repeat(64), "__proto__", "%2e%2e"])(
		"the id %s is refused",
		async (app) => {
			const body = { vaultId: vault.vaultId, environment: "production" };
			const response = await client.call(ROUTES.createApp, { app }, body);
			await expectProblem(response, 400, "MESSAGE_INVALID");
		},
	);

	test("deleting a function that does not exist deletes nothing", async () => {
		const response = await client.call(
			ROUTES.deleteFunctions,
			{ app: APP },
			undefined,
			"?name=hello&name=nobody",
		);
		await expectProblem(response, 404, "FUNCTION_NOT_FOUND");
		expect((await client.functions(APP)).map(({ name }) => name)).toContain("hello");
	});

	test.each(["../etc", "a/../b", "a//b", "/a", "a/", ".hidden", "a b", "a%2fb", "a\nb"])(
		"refuses a function named %j",
		async (name) => {
			const files = [["functions/x/index.ts", blobHash(BLOB)]];
			await client.call(ROUTES.putBlob, { app: APP, hash: blobHash(BLOB) }, BLOB);
			const body = { files, functions: [{ name, entry: "functions/x/index.ts" }], prune: false };
			const lines = await linesOf(await client.call(ROUTES.deploy, { app: APP }, body));
			expect(lines).toEqual([
				{ type: "problem", problem: expect.objectContaining({ code: "UPLOAD_FUNCTION_INVALID" }) },
			]);
		},
	);

	test("a blob must have the hash in its path", async () => {
		const response = await client.call(ROUTES.putBlob, { app: APP, hash: blobHash(utf8("other")) }, BLOB);
		await expectProblem(response, 422, "BLOB_HASH_MISMATCH");
	});
});
