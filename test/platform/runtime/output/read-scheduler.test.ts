/** How much output of many functions is processed in a turn, and in which order. The test controls the time. */
import { describe, expect, test } from "vitest";
import {
	type Amount,
	ReadScheduler,
	type Source,
} from "../../../../src/platform/runtime/output/read-scheduler.ts";
import { TokenBucket } from "../../../../src/platform/runtime/output/token-bucket.ts";

const INTERVAL_MS = 20;
const PER_TURN = { lines: 100, bytes: 10_000 };
const PER_SLICE = { lines: 20, bytes: 2_000 };

class World {
	nowMs = 0;
	/** The processed output of each turn: the function, and the number of lines. */
	readonly turns: [name: string, lines: number][][] = [[]];
	readonly tasks: { atMs: number; task: () => void }[] = [];
	readonly lanes = new ReadScheduler({
		intervalMs: INTERVAL_MS,
		perRound: PER_TURN,
		perSlice: PER_SLICE,
		now: () => this.nowMs,
		schedule: (task, delayMs) => this.tasks.push({ atMs: this.nowMs + delayMs, task }),
	});

	/** An output with this many waiting lines, of this many bytes each. */
	source(name: string, lines: number, lineBytes = 1, budget?: TokenBucket): Source & { lines: number } {
		const source = {
			lines,
			get isWaiting() {
				return source.lines > 0;
			},
			take: (most: Amount): Amount => {
				const limit = budget?.available ?? most.lines;
				const count = Math.min(source.lines, most.lines, limit, Math.floor(most.bytes / lineBytes));
				if (count === 0) return { lines: 0, bytes: 0 };
				source.lines -= count;
				const taken = { lines: count, bytes: count * lineBytes };
				budget?.spend(count);
				this.turns.at(-1)?.push([name, count]);
				return taken;
			},
		};
		return source;
	}

	/** Sets the clock to the time of the next task, and runs it. */
	pass(): void {
		const next = this.tasks.shift();
		if (next === undefined) throw new Error("nothing is awaited");
		this.nowMs = Math.max(this.nowMs, next.atMs);
		this.turns.push([]);
		next.task();
	}

	linesOf(turn: number): number {
		return (this.turns[turn] ?? []).reduce((sum, [, lines]) => sum + lines, 0);
	}
}

describe("turns of the reader", () => {
	test("output that comes to an idle thread is read at once", () => {
		const world = new World();
		world.lanes.add(world.source("a", 3));
		expect(world.turns).toEqual([[["a", 3]]]);
		expect(world.tasks).toEqual([]);
	});

	test("a turn reads a limited number of lines and bytes, however much is waiting", () => {
		const world = new World();
		for (let index = 0; index < 50; index++) world.lanes.add(world.source(`lines${index}`, 1_000));
		for (let index = 0; index < 50; index++) world.lanes.add(world.source(`bytes${index}`, 100, 1_000));
		let turns = 1;
		for (; world.tasks.length > 0; turns++) world.pass();
		expect(Math.max(...world.turns.map((_, turn) => world.linesOf(turn)))).toBeLessThanOrEqual(100);
		const bytes = (turn: [string, number][]) =>
			turn.reduce((sum, [name, lines]) => sum + lines * (name.startsWith("bytes") ? 1_000 : 1), 0);
		expect(Math.max(...world.turns.map(bytes))).toBeLessThanOrEqual(10_000);
		expect(world.nowMs).toBe((turns - 1) * INTERVAL_MS);
		expect(world.turns.flat().reduce((sum, [, lines]) => sum + lines, 0)).toBe(55_000);
	});

	test("a new source waits for one slice of each other source, however much these have", () => {
		const world = new World();
		const floods = Array.from({ length: 10 }, (_, index) => world.source(`flood${index}`, 1_000_000));
		for (const flood of floods) world.lanes.add(flood);
		world.lanes.add(world.source("quiet", 1));
		world.pass();
		world.pass();
		const order = world.turns.flat().map(([name]) => name);
		expect(order.indexOf("quiet")).toBeLessThanOrEqual(15);
		expect(order.filter((name) => name === "flood1").length).toBeLessThanOrEqual(2);
	});

	test("a source that has reached its own limit leaves the turn to the others, and continues later", () => {
		const world = new World();
		const budget = new TokenBucket({ perSecond: 1_000, burst: 30, now: () => world.nowMs });
		world.lanes.add(world.source("flood", 1_000, 1, budget));
		expect(world.turns[0]).toEqual([
			["flood", 20],
			["flood", 10],
		]);
		world.lanes.add(world.source("quiet", 5));
		expect(world.turns[0]?.at(-1)).toEqual(["quiet", 5]);
		for (let turn = 0; turn < 5; turn++) world.pass();
		// A thousand lines a second, for 20 ms.
		expect(world.turns.slice(1).map((turn) => turn)).toEqual(Array(5).fill([["flood", 20]]));
	});

	test("an exception in one source does not affect the others", () => {
		const world = new World();
		const broken: Source = {
			isWaiting: true,
			take: () => {
				throw new Error("the log is broken");
			},
		};
		const quiet = world.source("quiet", 1);
		world.lanes.add(world.source("flood", 1_000));
		world.lanes.add(broken);
		world.lanes.add(quiet);
		expect(() => world.pass()).toThrow("the log is broken");
		while (quiet.lines > 0) world.pass();
		expect(world.turns.flat()).toContainEqual(["quiet", 1]);
	});

	test("output that comes while another source is read waits for its turn", () => {
		const world = new World();
		const late = world.source("late", 1);
		const first: Source = {
			isWaiting: true,
			take: () => {
				Object.assign(first, { isWaiting: false });
				world.lanes.add(late);
				expect(world.turns.flat()).toEqual([]);
				return { lines: 1, bytes: 1 };
			},
		};
		world.lanes.add(first);
		expect(world.turns.flat()).toEqual([["late", 1]]);
	});
});

describe("a budget", () => {
	test("accumulates at most its burst, and may go below zero", () => {
		let nowMs = 0;
		const budget = new TokenBucket({ perSecond: 10, burst: 20, now: () => nowMs });
		expect(budget.available).toBe(20);
		budget.spend(25);
		expect(budget.available).toBe(0);
		nowMs = 600;
		expect(budget.available).toBe(1);
		nowMs = 1_000_000;
		expect(budget.available).toBe(20);
	});
});
