/** The figures of functions over 24 hours: what is counted, how exact it is, and what is kept on disk. */
import { mkdtempSync, rmSync } from "node:fs";
import { readdir, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { FunctionLifetime } from "../../../src/platform/functions/lifetimes.ts";
import { Figures, type Point, pointOf } from "../../../src/platform/telemetry/figures/figures.ts";
import {
	addTo,
	countAnswer,
	decodeSlots,
	emptySlot,
	encodeSlot,
	quantile,
	SLOT_BYTES,
	SLOT_MS,
	SLOTS,
} from "../../../src/platform/telemetry/figures/slot.ts";
import { openSlotFiles } from "../../../src/platform/telemetry/figures/slot-files.ts";
import { TestClock } from "../fixtures/core.ts";

const PAY: FunctionLifetime = { app: "a".repeat(32), function: "dpay" };
const MAIL: FunctionLifetime = { app: "a".repeat(32), function: "dmail" };
const DAY_MS = SLOTS * SLOT_MS;

let root: string;
let directory: string;
let clock: TestClock;
let count = 0;
beforeAll(() => {
	root = mkdtempSync(join(tmpdir(), "coffer-figures-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
	directory = join(root, String(count++));
	clock = new TestClock();
	clock.atMs = 6_250 * DAY_MS;
});

const faults: unknown[] = [];
function figures(memory: readonly (readonly [FunctionLifetime, number])[] = []): Figures {
	return new Figures({
		files: openSlotFiles(directory),
		clock,
		memory: async function* () {
			yield* memory;
		},
		onError: (error) => faults.push(error),
	});
}

/** The points of a function. */
async function pointsOf(from: Figures, of: FunctionLifetime, stepMs: number): Promise<Point[]> {
	return (await from.spans(of, stepMs)).map(pointOf);
}

/** Runs the task that is scheduled next, and waits for the one after it. */
async function tick(): Promise<void> {
	const [next] = clock.tasks.splice(0);
	next?.task();
	while (clock.tasks.length === 0) await new Promise((resolve) => setImmediate(resolve));
}

describe("a slot", () => {
	test("has quantiles within 15 % of the exact ones", () => {
		const times = fc.array(fc.double({ min: 0.5, max: 100_000, noNaN: true }), { minLength: 1 });
		fc.assert(
			fc.property(times, fc.constantFrom(0.5, 0.9, 0.99), (all, share) => {
				const slot = emptySlot(0);
				for (const ms of all) countAnswer(slot, { ms, status: 200 });
				const sorted = [...all].sort((one, other) => one - other);
				const exact = sorted[Math.ceil(all.length * share) - 1] ?? 0;
				const ratio = (quantile(slot, share) ?? 0) / exact;
				expect(ratio).toBeGreaterThan(0.85);
				expect(ratio).toBeLessThan(1.15);
			}),
		);
	});

	test("is the same after it was written and read, and the sum of two counts both", () => {
		const answers = fc.array(
			fc.record({
				ms: fc.double({ min: 0, max: 1e6, noNaN: true }),
				status: fc.integer({ min: 200, max: 599 }),
			}),
		);
		fc.assert(
			fc.property(answers, answers, fc.integer({ min: 1, max: 1e7 }), (one, two, place) => {
				const [first, second] = [emptySlot(place * SLOT_MS), emptySlot(place * SLOT_MS)];
				for (const answer of one) countAnswer(first, answer);
				for (const answer of two) countAnswer(second, answer);
				addTo(first, second);
				first.memoryBytes = 5 * 1024;
				const file = new Uint8Array(SLOTS * SLOT_BYTES);
				file.set(encodeSlot(first), (place % SLOTS) * SLOT_BYTES);
				expect(decodeSlots(file)).toEqual([first]);
				expect(first.requests).toBe(one.length + two.length);
				expect(first.errors).toBe([...one, ...two].filter(({ status }) => status >= 500).length);
			}),
		);
	});

	test("that was written in part is left out", () => {
		const slot = emptySlot(SLOT_MS);
		countAnswer(slot, { ms: 3, status: 200 });
		const whole = new Uint8Array(2 * SLOT_BYTES);
		whole.set(encodeSlot(slot), SLOT_BYTES);
		expect(decodeSlots(whole)).toHaveLength(1);
		for (let length = 0; length < SLOT_BYTES; length += 4)
			expect(decodeSlots(whole.slice(0, SLOT_BYTES + length))).toEqual([]);
		whole.fill(0, SLOT_BYTES + 24);
		expect(decodeSlots(whole)).toEqual([]);
	});
});

describe("figures", () => {
	test("count requests, errors, times and memory by function, and answer before the slot has ended", async () => {
		const all = figures([[PAY, 64 * 1024 * 1024]]);
		all.start();
		for (const ms of [10, 10, 10, 1_000]) all.answered(PAY, { ms, status: 200 });
		all.answered(MAIL, { ms: 5, status: 503 });
		await tick();
		const atMs = clock.atMs;
		const [pay] = await pointsOf(all, PAY, SLOT_MS);
		expect(pay).toMatchObject({ atMs, requests: 4, errors: 0, memoryBytes: 64 * 1024 * 1024 });
		expect(pay?.p50Ms).toBeCloseTo(10, -1);
		expect(pay?.p99Ms).toBeGreaterThan(850);
		expect(await pointsOf(all, MAIL, SLOT_MS)).toMatchObject([{ requests: 1, errors: 1, memoryBytes: null }]);
		await all.close();
	});

	test("survive a restart within a slot, which adds to what was counted before", async () => {
		const before = figures();
		before.answered(PAY, { ms: 10, status: 200 });
		await before.close();
		const after = figures();
		after.answered(PAY, { ms: 10, status: 200 });
		expect(await pointsOf(after, PAY, SLOT_MS)).toMatchObject([{ requests: 2 }]);
		await after.close();
		expect(await pointsOf(figures(), PAY, SLOT_MS)).toMatchObject([{ requests: 2 }]);
	});

	test("keep one day, in a file that does not grow", async () => {
		const all = figures();
		for (let slot = 0; slot < SLOTS + 10; slot++) {
			all.answered(PAY, { ms: 1, status: 200 });
			await all.close();
			clock.atMs += SLOT_MS;
		}
		const points = await pointsOf(all, PAY, SLOT_MS);
		expect(points).toHaveLength(SLOTS - 1);
		expect(points[0]?.atMs).toBe(all.sinceMs(SLOT_MS));
		const hours = await pointsOf(all, PAY, 12 * SLOT_MS);
		expect(hours.slice(1, -1).every(({ requests }) => requests === 12)).toBe(true);
		expect((await stat(join(directory, PAY.app, "dpay.figures"))).size).toBe(SLOTS * SLOT_BYTES);
		clock.atMs += DAY_MS;
		expect(await pointsOf(all, PAY, SLOT_MS)).toEqual([]);
	});

	test("are removed with their function and with their app, and at a start those of unknown functions", async () => {
		const all = figures();
		const other = { ...PAY, app: "b".repeat(32) };
		const store = async () => {
			for (const each of [PAY, MAIL, other]) all.answered(each, { ms: 1, status: 200 });
			await all.close();
		};
		await store();
		await all.forget(PAY);
		expect(await pointsOf(all, PAY, SLOT_MS)).toEqual([]);
		expect(await pointsOf(all, MAIL, SLOT_MS)).toHaveLength(1);
		await all.forgetAll(PAY.app);
		expect(await readdir(directory)).toEqual([other.app]);
		await store();
		await all.keepOnly([MAIL]);
		expect(await readdir(directory, { recursive: true })).toEqual([
			MAIL.app,
			join(MAIL.app, "dmail.figures"),
		]);
	});

	test("of a damaged file are what can be read, and a disk that refuses is reported once for each slot", async () => {
		const all = figures();
		all.answered(PAY, { ms: 1, status: 200 });
		await all.close();
		const path = join(directory, PAY.app, "dpay.figures");
		await truncate(path, SLOT_BYTES - 1);
		expect(await pointsOf(all, PAY, SLOT_MS)).toEqual([]);
		all.answered(PAY, { ms: 1, status: 200 });
		await all.close();
		expect(await pointsOf(all, PAY, SLOT_MS)).toHaveLength(1);
		rmSync(directory, { recursive: true });
		await writeFile(directory, "a file where a folder should be");
		all.answered(PAY, { ms: 1, status: 200 });
		await all.close();
		expect(faults).toHaveLength(1);
	});
});
