/** An app that is opened from a checkpoint is the app that is opened from its whole history. */
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Change, Head } from "../../../../src/protocol/change.ts";
import type { formatRecord } from "../../../../src/vault/records/record.ts";
import { APP, happen, KINDS, type Kind, type OpenPlatform, Place, plain } from "./platform.ts";

let place: Place;
beforeEach(() => {
	place = new Place();
});
afterEach(() => place[Symbol.dispose]());

const step = fc.record({
	kind: fc.constantFrom<Kind>(...KINDS, "set", "set"),
	name: fc.constantFrom("A", "B", "C"),
});

test("the state from a checkpoint and later entries is the state from all entries", async () => {
	const both = fc.tuple(fc.array(step, { maxLength: 14 }), fc.array(step, { maxLength: 14 }), fc.boolean());
	await fc.assert(
		fc.asyncProperty(both, async ([before, after, isShared]) => {
			using own = new Place();
			let live: object;
			{
				await using platform = await own.open(false, { isShared });
				const { app, checkpoints } = platform;
				await happen(own, app, "set", "A", "first");
				for (const [index, { kind, name }] of before.entries())
					await happen(own, app, kind, name, `b${index}`);
				expect((await checkpoints.write([app])).size).toBe(1);
				for (const [index, { kind, name }] of after.entries())
					await happen(own, app, kind, name, `a${index}`);
				live = plain(app.state);
			}
			await using saved = await own.open(true, { isShared });
			expect(saved.unused).toEqual([]);
			expect(saved.app.openedFrom).toBeGreaterThan(0);
			await saved.app.readHistory();
			expect(plain(saved.app.state)).toEqual(live);
			await saved[Symbol.asyncDispose]();
			await using whole = await own.open(false, { isShared });
			expect(plain(whole.app.state)).toEqual(live);
		}),
		{ numRuns: 12 },
	);
});

/** An app with changes of two secrets in turns, and a checkpoint after some of them. */
async function history(count: number, later = 0): Promise<Change[]> {
	await using platform = await place.open(false);
	const { app, checkpoints } = platform;
	const changes: Change[] = [];
	for (let index = 0; index < count + later; index++) {
		if (index === count) await checkpoints.write([app]);
		const change = place.change(app, index % 2 === 0 ? "A" : "B");
		await app.append(change);
		const { operation } = change;
		const results = [{ function: `f${index}`, status: "live" as const, ms: 1, reasons: [] }];
		await app.record(() => ({ type: "redeployed", operation, results, untouched: [], atMs: 1 }));
		changes.push(change);
	}
	if (later === 0) await checkpoints.write([app]);
	return changes;
}

test("a start reads no entries up to a checkpoint, and all later ones", async () => {
	await history(20);
	{
		await using platform = await place.open();
		expect([platform.entriesRead(), platform.app.entryCount]).toEqual([0, 40]);
		for (const name of ["A", "C"]) await happen(place, platform.app, "set", name, "x");
	}
	await using platform = await place.open();
	// Two changes with their results, and the entries at the checkpoint, which must be those that it is of.
	expect([platform.entriesRead(), platform.app.entryCount]).toEqual([6, 44]);
	expect(platform.unused).toEqual([]);
	await platform.checkpoints.write([platform.app]);
	await platform.app.record(() => ({ type: "deleted", functions: [], atMs: 1 }));
	await platform[Symbol.asyncDispose]();
	// Of the changes, nothing is read.
	await using again = await place.open();
	expect([again.entriesRead(), again.app.entryCount]).toEqual([2, 45]);
});

/** The same question to an app with a checkpoint, and to the app with its whole history. */
async function answersOf(ask: (platform: OpenPlatform) => Promise<unknown>): Promise<[unknown, unknown]> {
	const answers: unknown[] = [];
	for (const uses of [true, false]) {
		await using platform = await place.open(uses);
		answers.push(await ask(platform).catch((error: { code: string }) => error.code));
	}
	return [answers[0], answers[1]];
}

test.each([0, 1, 5, 12, 20])(
	"a client at revision %i is answered as without a checkpoint",
	async (revision) => {
		await history(20);
		const heads: Head[] = [{ revision: 0, head: "" }];
		{
			await using platform = await place.open(false);
			heads.push(...platform.app.state.heads.map((head, index) => ({ revision: index, head })).slice(1));
			heads[0] = { revision: 0, head: platform.app.state.heads[0] ?? "" };
		}
		const base = heads[revision] as Head;
		const forked = { revision, head: heads[revision === 1 ? 2 : 1]?.head ?? "" };
		for (const [name, at] of [
			["A", base],
			["B", forked],
		] as const) {
			let change: Change | undefined;
			const [saved, whole] = await answersOf(async ({ app }) => {
				change ??= place.change(app, name, false, at);
				const outcome = await app.append(change);
				// Appended, the next question would be answered differently.
				return "accepted" in outcome ? "accepted" : outcome;
			});
			// What the first platform has appended, the second one answers as a repetition.
			expect(saved).toEqual(whole);
		}
	},
);

test.each([0, 3, 15, 19])(
	"change %i that is sent again is recognised, and has its results",
	async (index) => {
		const changes = await history(20);
		const change = changes[index] as Change;
		for (const base of ["same", "head"] as const) {
			const [saved, whole] = await answersOf(async ({ app }) => {
				const records = change.records;
				const again =
					base === "same"
						? change
						: place.vault.change(APP, app.state.head, records.map(toRecord), { header: change.header });
				const outcome = await app.append(again);
				return [outcome, app.state.operations.get(change.operation)?.redeployed];
			});
			expect(saved).toEqual(whole);
			expect(saved).toMatchObject([{ isRepeat: true, accepted: { revision: index + 1 } }, { results: [{}] }]);
		}
	},
);

function toRecord(text: string) {
	const [name = "", body = ""] = text.split("\n");
	return { name, body } as Parameters<typeof formatRecord>[0] & ReturnType<Place["vault"]["record"]>;
}

test("an unfinished operation keeps what it changed, however old it is", async () => {
	{
		await using platform = await place.open(false);
		for (const name of ["A", "B", "C"])
			await happen(place, platform.app, name === "B" ? "unfinished" : "set", name, "x");
		for (let index = 0; index < 12; index++) await happen(place, platform.app, "set", "A", "x");
		await platform.checkpoints.write([platform.app]);
	}
	await using platform = await place.open();
	const { historyFrom, operations, summaries, unfinished } = platform.app.state;
	const [operation = ""] = unfinished;
	expect([platform.app.openedFrom, historyFrom, unfinished.size]).toEqual([29, 7, 1]);
	expect(operations.get(operation)?.head.revision).toBe(2);
	expect(summaries[1]?.changed).toEqual([{ name: "B", kind: "set" }]);
});
