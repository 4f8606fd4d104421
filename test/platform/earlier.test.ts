/**
 * A data directory that an earlier version wrote, before there were lifetimes, chained codes, owners of blobs
 * and a seal. `earlier/` is such a directory, with an app `shop` (a vault's secret A and a local secret B,
 * the function `hello`, an automation that ran once, a function `gone` that was deleted), an app `made` that
 * was created with a token for no app, a deleted app `lost`, and tokens.
 */
import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KEY_BYTES } from "../../src/crypto.ts";
import { identityOf } from "../../src/identity/identity.ts";
import { openStore } from "../../src/platform/store/open.ts";
import { SqliteDatabase } from "../../src/platform/store/sqlite-database.ts";
import {
	logOf,
	openTestCoreIn,
	TestClock,
	type TestCore,
	type TestPlace,
	testPlace,
} from "./fixtures/core.ts";
import { ask } from "./runtime/harness.ts";

const EARLIER = join(import.meta.dirname, "earlier");
const identity = identityOf(new Uint8Array(KEY_BYTES).fill(3));
const earlier = JSON.parse(await readFile(join(EARLIER, "tokens.json"), "utf8")) as Record<
	"shop" | "all" | "revoked" | "lost" | "made",
	string
> & { nowMs: number; head: object };

let place: TestPlace;
beforeEach(async () => {
	place = testPlace();
	await cp(EARLIER, place.config.dataDirectory, { recursive: true });
});
afterEach(() => place[Symbol.dispose]());

function open(): Promise<TestCore> {
	const clock = new TestClock();
	clock.atMs = earlier.nowMs;
	return openTestCoreIn(place, { identity, clock, token: earlier.all });
}

const filesIn = async (folder: string) =>
	(await readdir(join(place.config.dataDirectory, folder), { recursive: true, withFileTypes: true }))
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name));

test("opens completely, and continues as a store of this version", async () => {
	const [log = ""] = await filesIn("logs");
	const storedLines = (await readFile(log, "utf8"))
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line) as object);
	expect(storedLines).toHaveLength(3);
	for (const _ of [1, 2]) {
		await using opened = await open();
		const { core } = opened;
		const shop = core.apps.get("shop");
		expect(shop.state.head).toEqual(earlier.head);
		const instance = await core.instance("shop", "hello");
		expect(instance && (await ask(instance.socketPath)).body).toBe("a-value b-value");
		expect([...core.apps.get("made").state.local.keys()]).toEqual(["C"]);
		const known = (token: string) => core.tokens.authenticate(token, earlier.nowMs)?.app ?? null;
		expect([known(earlier.shop), known(earlier.made)]).toEqual(["shop", "made"]);
		expect(core.tokens.authenticate(earlier.all, earlier.nowMs)?.scopes).toEqual(["admin"]);
		// The last token was not revoked; its app was deleted.
		for (const token of [earlier.revoked, earlier.lost])
			expect(core.tokens.authenticate(token, earlier.nowMs)).toBeUndefined();
		const lines = await core.logs.read(...logOf(opened, "shop", "hello"), { limit: 100 });
		expect(lines.slice(0, storedLines.length)).toEqual(storedLines);
		expect(core.automations.of("shop", "hello")).toMatchObject([{ runs: 1 }]);
	}
	const blobs = await filesIn("blobs");
	expect(blobs).toHaveLength(4);
	for (const path of blobs) expect(path).toMatch(/\/blobs\/[0-9a-f]{32}\/[0-9a-f]{64}$/);
	const logs = await filesIn("logs");
	for (const path of logs) expect(path).toMatch(/\/logs\/[0-9a-f]{32}\/[\w-]{22}\.ndjson$/);
});

test("keeps no data of an app after its deletion", async () => {
	{
		await using opened = await open();
		await opened.core.deleteApp("shop");
		await opened.core.createApp("shop", { vaultId: "another", environment: "production" });
		expect(opened.core.tokens.authenticate(earlier.shop, earlier.nowMs)).toBeUndefined();
		expect([...opened.core.apps.get("shop").state.local]).toEqual([]);
	}
	expect([...(await filesIn("blobs")), ...(await filesIn("logs"))]).toEqual([]);
	expect(await readdir(join(place.config.dataDirectory, "logs"))).toEqual([]);
});

/** Changes the database without the store. */
function tamper(...statements: string[]): void {
	const database = new SqliteDatabase(join(place.config.dataDirectory, "store.db"));
	for (const sql of statements) database.exec(sql);
	database.close();
}

const PLATFORM = "(SELECT id FROM streams WHERE name = 'platform')";

test("does not start if a revocation was removed after this version had opened it", async () => {
	await using before = await openStore(place.config.storeUrl);
	const entries = await before.read("platform", 0);
	await before[Symbol.asyncDispose]();
	const { revision = 0 } = entries.find(({ body }) => body.includes("token-revoked")) ?? {};
	expect(revision).toBeGreaterThan(0);
	await (await open())[Symbol.asyncDispose]();
	// Everything that this version wrote exists, but one entry is in another entry's position.
	tamper(
		`UPDATE entries SET body = (SELECT body FROM entries WHERE stream = ${PLATFORM} AND revision = ${revision - 1})
		WHERE stream = ${PLATFORM} AND revision = ${revision}`,
	);
	await expect(open()).rejects.toMatchObject({ code: "EVENT_FORGED", exit: 7 });
	// If everything that was added since is removed, the seal does not match.
	const last = entries.length;
	tamper(
		`DELETE FROM entries WHERE stream = ${PLATFORM} AND revision >= ${revision}`,
		`UPDATE streams SET revision = ${revision - 1} WHERE name = 'platform'`,
	);
	expect(last).toBeGreaterThan(revision);
	await expect(open()).rejects.toMatchObject({ code: "STORE_ALTERED", exit: 7 });
});

test("does not start if its last revocation was cut off, although nothing has to be written", async () => {
	{
		await using opened = await open();
		const { tokens } = opened.core;
		const { id } = await tokens.create({ scopes: ["admin"] }, earlier.nowMs);
		await tokens.revoke(id, earlier.nowMs);
	}
	const last = `(SELECT revision FROM streams WHERE name = 'platform')`;
	tamper(
		`DELETE FROM entries WHERE stream = ${PLATFORM} AND revision = ${last}`,
		"UPDATE streams SET revision = revision - 1 WHERE name = 'platform'",
	);
	await expect(open()).rejects.toMatchObject({ code: "STORE_ALTERED", exit: 7 });
});
