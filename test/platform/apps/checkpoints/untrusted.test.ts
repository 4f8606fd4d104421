/** Checkpoints that must not be used: the whole history is read instead, and verified. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lengthPrefixed } from "../../../../src/bytes.ts";
import { hash, toBase64 } from "../../../../src/crypto.ts";
import { readWhole } from "../../../../src/platform/apps/checkpoints/history.ts";
import type { AppFold } from "../../../../src/platform/apps/state/app-state.ts";
import { SqliteDatabase } from "../../../../src/platform/store/sqlite-database.ts";
import { newTestIdentity } from "../../fixtures/vault.ts";
import { APP, happen, Place, plain } from "./platform.ts";

let place: Place;
beforeEach(async () => {
	place = new Place();
	await grow(4, true);
});
afterEach(() => place[Symbol.dispose]());

/** Lets the app have some more changes, and then a checkpoint. @returns its state */
async function grow(count: number, isSaved: boolean): Promise<object> {
	await using platform = await place.open(false);
	for (let index = 0; index < count; index++)
		for (const kind of ["set", "deployed"] as const)
			await happen(place, platform.app, kind, "A", `${platform.app.entryCount}`);
	if (isSaved) await platform.checkpoints.write([platform.app]);
	return plain(platform.app.state);
}

/** Changes the database without the store. @returns the text of the checkpoint before */
function tamper(change: (text: string, database: SqliteDatabase) => string | undefined): string {
	const database = new SqliteDatabase(place.database);
	try {
		const [row] = database.all<{ body: ArrayBuffer }>("SELECT body FROM checkpoints");
		const before = Buffer.from(row?.body ?? new ArrayBuffer(0)).toString("latin1");
		const text = change(before, database);
		if (text !== undefined) database.run("UPDATE checkpoints SET body = ?", Buffer.from(text, "latin1"));
		return before;
	} finally {
		database.close();
	}
}

const [DAMAGED, OTHER, NOT_THESE] = [
	"it is damaged, or this platform did not write it",
	"another version of Coffer wrote it",
	"the app's log does not have the entries that it is of",
];

/** The checkpoint is not used for this reason, and the state is that of all entries. */
async function expectUnused(reason: string, options: Parameters<Place["open"]>[1] = {}): Promise<void> {
	let all: object;
	{
		await using whole = await place.open(false, options);
		all = plain(whole.app.state);
	}
	await using platform = await place.open(true, options);
	expect([platform.unused, platform.app.openedFrom]).toEqual([[reason], 0]);
	expect(plain(platform.app.state)).toEqual(all);
	// It is replaced by one that can be used.
	await platform.checkpoints.write([platform.app]);
	await platform[Symbol.asyncDispose]();
	await using again = await place.open(true, options);
	expect([again.unused, again.app.openedFrom]).toEqual([[], again.app.entryCount]);
}

describe("a checkpoint is not used", () => {
	test.each<[string, (text: string) => string]>([
		["has another character", (text) => text.replace('"A"', '"B"')],
		["is cut", (text) => text.slice(0, -1)],
		["is empty", () => ""],
		["has no code", (text) => text.slice(text.indexOf("\n") + 1)],
		["has another code", (text) => `${"A".repeat(43)}${text.slice(43)}`],
		["is not UTF-8", (text) => `${text}\xff`],
	])("if it %s", async (_, change) => {
		const before = tamper((text) => change(text));
		expect(change(before)).not.toBe(before);
		await expectUnused(DAMAGED);
	});

	test("if another app has it", async () => {
		{
			await using platform = await place.open();
			const { app } = await platform.apps.create("other", {
				vaultId: place.vault.vaultId,
				environment: platform.app.state.context.environment,
			});
			await happen(place, app, "deployed", "f", "d1");
		}
		tamper((_, database) => {
			database.exec(
				"UPDATE checkpoints SET stream = (SELECT id FROM streams WHERE name = 'apps/other/events')",
			);
			return undefined;
		});
		await using platform = await place.open();
		expect(platform.unused).toEqual([DAMAGED]);
		expect(platform.apps.get("other").state.functions.size).toBe(1);
		expect(platform.app.state.head.revision).toBe(4);
	});

	test("if another version of Coffer wrote it", async () => {
		{
			await using platform = await place.open();
			for await (const { stream, text } of platform.store.checkpoints.read("apps/"))
				await platform.store.checkpoints.write([{ stream, text: `9${text}` }]);
		}
		await expectUnused(OTHER);
	});

	test("if several nodes wrote it, and one uses it", async () => {
		await expectUnused("it was written with another number of nodes (one, or several)", { isShared: true });
	});

	test("if it is of an app that was deleted, and has the name of a present one", async () => {
		let text = "";
		{
			await using platform = await place.open();
			for await (const found of platform.store.checkpoints.read("apps/")) text = found.text ?? "";
			await platform.apps.delete(APP);
		}
		{
			await using platform = await place.open();
			for await (const found of platform.store.checkpoints.read("apps/")) expect(found).toBe("deleted");
			await happen(place, platform.app, "set", "A", "x");
			await platform.store.checkpoints.write([{ stream: `apps/${APP}/events`, text }]);
		}
		await expectUnused("it is of an earlier app of this name");
	});

	test("if the whole store was rolled back, and has other entries since", async () => {
		const copy = new SqliteDatabase(place.database);
		copy.exec(`VACUUM INTO '${place.folder}/copy.db'`);
		copy.close();
		await grow(2, true);
		const later = tamper(() => undefined);
		const database = new SqliteDatabase(place.database);
		database.exec(`ATTACH '${place.folder}/copy.db' AS copy`);
		for (const table of ["seal", "checkpoints", "entries", "streams"])
			database.exec(`DELETE FROM main.${table}`);
		for (const table of ["streams", "entries", "seal", "checkpoints"])
			database.exec(`INSERT INTO main.${table} SELECT * FROM copy.${table}`);
		database.close();
		await grow(3, false);
		tamper(() => later);
		await expectUnused(NOT_THESE);
	});
});

test("an earlier checkpoint of the app is used, with the entries after it", async () => {
	const earlier = tamper(() => undefined);
	const state = await grow(3, true);
	tamper(() => earlier);
	await using platform = await place.open();
	expect([platform.unused, platform.app.openedFrom]).toEqual([[], 12]);
	await platform.app.readHistory();
	expect(plain(platform.app.state)).toEqual(state);
});

test("a checkpoint does not hide a change of later entries, or that the end of the log is missing", async () => {
	await grow(2, false);
	const cut =
		"DELETE FROM entries WHERE revision = 6 AND stream = (SELECT id FROM streams WHERE name LIKE '%/changes')";
	tamper((_, database) => {
		database.exec(cut);
		database.exec("UPDATE streams SET revision = 5 WHERE name LIKE '%/changes'");
		return undefined;
	});
	await expect(place.open()).rejects.toMatchObject({ code: "LOG_DAMAGED", exit: 7 });
});

test.each([
	["changes", '"A', '"B', "LOG_DAMAGED"],
	["events", "bundle ", "bundel ", "EVENT_FORGED"],
	["events", '"untouched":["g"]', '"untouched":["h"]', "EVENT_FORGED"],
])(
	"an earlier entry of %s that was changed does not change the state, and is found when it is read",
	async (stream, from, to, code) => {
		await grow(12, true);
		tamper((_, database) => {
			const where = `revision < 6 AND stream = (SELECT id FROM streams WHERE name LIKE '%/${stream}')`;
			const count = database.run(
				`UPDATE entries SET body = CAST(replace(CAST(body AS TEXT), ?, ?) AS BLOB)
			WHERE instr(CAST(body AS TEXT), ?) AND ${where}`,
				...[from, to, from],
			);
			expect(count).toBeGreaterThan(0);
			return undefined;
		});
		{
			await using platform = await place.open();
			expect([platform.app.openedFrom, platform.app.state.historyFrom]).toEqual([48, 8]);
			expect(platform.app.state.records.get("A")?.version).toBe(16);
			await expect(platform.app.readHistory()).rejects.toMatchObject({ code, exit: 7 });
			const base = { revision: 1, head: "" };
			await expect(platform.app.append(place.change(platform.app, "A", false, base))).rejects.toMatchObject({
				code,
			});
		}
		await expect(place.open(false)).rejects.toMatchObject({ code, exit: 7 });
	},
);

test("a platform with another identity uses no checkpoint", async () => {
	await expect(place.open(true, { identity: newTestIdentity() })).rejects.toMatchObject({ exit: 7 });
});

test("a history that leads to another state than the present one is refused, although it is valid", async () => {
	await using platform = await place.open(false);
	const { app, raw } = platform;
	const present = app.state as AppFold;
	const stream = `apps/${APP}/events`;
	const previous = (await raw.read(stream, 0)).reduce(
		(before, { body }) => toBase64(hash(lengthPrefixed(before, body))),
		"",
	);
	const events = { revision: app.eventRevision, previous };
	const lifetime = { id: app.lifetimeId, isEarlier: false };
	const parts = { present, events, lifetime, store: raw, key: place.identity.stateKey };
	expect(plain(await readWhole(parts))).toEqual(plain(present));
	const otherEvents = { ...events, previous: toBase64(hash("other")) };
	await expect(readWhole({ ...parts, events: otherEvents })).rejects.toMatchObject({ code: "LOG_DAMAGED" });
	present.head = { ...present.head, head: toBase64(hash("other")) };
	await expect(readWhole(parts)).rejects.toMatchObject({ code: "LOG_DAMAGED", exit: 7 });
});
