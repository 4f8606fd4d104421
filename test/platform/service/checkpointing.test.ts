/** When the checkpoints of apps are written. */
import { beforeEach, expect, test } from "vitest";
import type { App } from "../../../src/platform/apps/app.ts";
import { NO_LOG } from "../../../src/platform/faults/log.ts";
import { Checkpointing } from "../../../src/platform/service/checkpointing.ts";
import type { Store } from "../../../src/platform/store/store.ts";
import { TestClock } from "../fixtures/core.ts";

const MINUTE_MS = 60_000;

/** An app, as far as checkpoints depend on it. */
interface Counted {
	entryCount: number;
	openedFrom: number;
	retired: AbortSignal;
	state: { records: { size: number }; local: { size: number } };
}

let clock: TestClock;
let apps: Counted[];
/** The apps of each write, by their place in `apps`. */
let writes: number[][];
let size: number;
let fault: Error | undefined;
beforeEach(() => {
	[clock, apps, writes, size, fault] = [new TestClock(), [], [], 100, undefined];
});

function app(entryCount: number, openedFrom = 0): Counted {
	const state = { records: { size: 1 }, local: { size: 0 } };
	const made = { entryCount, openedFrom, retired: new AbortController().signal, state };
	apps.push(made);
	return made;
}

function checkpointing(store: object = {}, on: TestClock = clock): Checkpointing {
	return new Checkpointing({
		apps: { list: () => apps as unknown as App[] },
		checkpoints: {
			write: async (some) => {
				if (fault !== undefined) throw fault;
				if (some.length > 0) writes.push(some.map((one) => apps.indexOf(one as unknown as Counted)));
				return new Map(some.map((one) => [one, { size, entries: one.entryCount }]));
			},
		},
		store: store as Store,
		clock: on,
		log: NO_LOG,
	});
}

/** Runs the next task of a clock. @returns how long it waited */
async function next(on: TestClock = clock): Promise<number | undefined> {
	const entry = on.tasks.shift();
	entry?.task();
	// The task ends when it has set the next one, or was closed.
	for (let turn = 0; turn < 20; turn++) await Promise.resolve();
	return entry?.delayMs;
}

test("an app gets one once it was quiet for a minute, and another one only after further entries", async () => {
	const [quiet, busy] = [app(10), app(10)];
	const all = checkpointing();
	all.start();
	busy.entryCount++;
	expect(await next()).toBe(MINUTE_MS);
	expect(writes).toEqual([[0]]);
	expect(await next()).toBe(MINUTE_MS);
	expect(writes).toEqual([[0], [1]]);
	await next();
	quiet.entryCount++;
	await next();
	expect(writes).toHaveLength(2);
	await next();
	expect(writes).toEqual([[0], [1], [0]]);
});

test("an app that is never quiet gets one after 256 entries", async () => {
	const busy = app(1);
	checkpointing().start();
	for (let minute = 0; minute < 5; minute++) {
		busy.entryCount += 80;
		await next();
	}
	// After 321 and not yet after 401 entries.
	expect(writes).toEqual([[0]]);
});

test("an app that was opened from a checkpoint needs none until it has other entries", async () => {
	const same = app(10, 10);
	checkpointing().start();
	for (let minute = 0; minute < 3; minute++) await next();
	expect(writes).toEqual([]);
	same.entryCount++;
	await next();
	await next();
	expect(writes).toEqual([[0]]);
});

test("a large checkpoint waits for as many entries as make it worth while", async () => {
	size = 3 * 16_384;
	const large = app(1);
	checkpointing().start();
	await next();
	for (let entry = 0; entry < 3; entry++) {
		expect(writes).toHaveLength(1);
		large.entryCount++;
		await next();
		await next();
	}
	expect(writes).toHaveLength(2);
});

test("many are written a few at a time, with pauses, and without apps that were deleted meanwhile", async () => {
	for (let index = 0; index < 40; index++) app(1);
	checkpointing().start();
	await next();
	(apps[20] as Counted).retired = AbortSignal.abort();
	expect([await next(), await next(), await next()]).toEqual([250, 250, MINUTE_MS]);
	expect(writes.map(({ length }) => length)).toEqual([16, 16, 7]);
	expect(writes.flat()).not.toContain(20);
});

test("no further one is written at once after those of 1,000 secrets", async () => {
	for (const secrets of [600, 400, 5, 2_000, 5])
		Object.assign(app(1).state, { records: { size: secrets - 1 }, local: { size: 1 } });
	checkpointing().start();
	for (let turn = 0; turn < 3; turn++) await next();
	expect(writes).toEqual([[0, 1], [2, 3], [4]]);
});

test("after an error, it is tried again a minute later", async () => {
	app(1);
	checkpointing().start();
	fault = new Error("The disk is full.");
	await next();
	fault = undefined;
	expect(await next()).toBe(MINUTE_MS);
	expect(writes).toEqual([[0]]);
});

test("with several nodes, the one that has the lease writes them, and another one after it has ended", async () => {
	app(1);
	let holder = "a";
	const node = (name: string) => ({
		node: name,
		moments: () => [],
		lease: async (lease: string, asks: string) => lease === "checkpoints" && asks === holder,
	});
	const clocks = [new TestClock(), new TestClock()] as const;
	checkpointing(node("a"), clocks[0]).start();
	checkpointing(node("b"), clocks[1]).start();
	await next(clocks[1]);
	await next(clocks[1]);
	expect(writes).toEqual([]);
	await next(clocks[0]);
	expect(writes).toEqual([[0]]);
	holder = "b";
	for (const one of apps) one.entryCount++;
	await next(clocks[0]);
	await next(clocks[0]);
	expect(writes).toHaveLength(1);
	await next(clocks[1]);
	await next(clocks[1]);
	expect(writes).toHaveLength(2);
});

test("nothing is written after it was closed", async () => {
	app(1);
	const all = checkpointing();
	all.start();
	await all.close();
	expect(clock.tasks).toEqual([]);
	await all.turn();
	expect(clock.tasks).toEqual([]);
});
