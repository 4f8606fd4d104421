/** How the thread of the stores is divided between apps. */
import { expect, test } from "vitest";
import { type KvTurn, KvTurns } from "../../../src/platform/kv/kv-turns.ts";

const BURST_MS = 100;

/** A thread with a clock that only tasks and pauses move. */
class Thread {
	readonly log: string[] = [];
	nowMs = 0;
	#next: { task: () => void; delayMs: number } | undefined;
	readonly turns = new KvTurns({
		share: 0.5,
		burstMs: BURST_MS,
		now: () => this.nowMs,
		schedule: (task, delayMs) => {
			const own = { task, delayMs };
			this.#next = own;
			return () => {
				if (this.#next === own) this.#next = undefined;
			};
		},
	});

	/** Work of an app that takes this long, a number of times. */
	work(app: string, tookMs: number, count = Number.POSITIVE_INFINITY): KvTurn {
		let left = count;
		const turn: KvTurn = {
			run: () => {
				this.nowMs += tookMs;
				this.log.push(app);
				if (--left > 0) this.turns.add(app, turn);
			},
		};
		this.turns.add(app, turn);
		return turn;
	}

	/** Runs what is scheduled, this many times. @returns the longest delay */
	run(count: number): number {
		let longestMs = 0;
		for (let index = 0; index < count; index++) {
			const next = this.#next;
			if (next === undefined) break;
			this.#next = undefined;
			this.nowMs += next.delayMs;
			longestMs = Math.max(longestMs, next.delayMs);
			next.task();
		}
		return longestMs;
	}
}

test("an app waits for one task of another app, however many processes that one has", () => {
	const thread = new Thread();
	for (let process = 0; process < 50; process++) thread.work("flood", 1);
	thread.run(20);
	thread.work("small", 1, 3);
	thread.log.length = 0;
	thread.run(7);
	expect(thread.log.filter((app) => app === "small")).toHaveLength(3);
	expect(thread.log.indexOf("small")).toBeLessThanOrEqual(1);
});

test("apps with long tasks get as much time as apps with short ones", () => {
	const thread = new Thread();
	thread.work("long", 5);
	for (let process = 0; process < 3; process++) thread.work("short", 1);
	thread.run(60);
	const timeOf = (app: string, tookMs: number) => thread.log.filter((one) => one === app).length * tookMs;
	expect(Math.abs(timeOf("long", 5) - timeOf("short", 1))).toBeLessThanOrEqual(5);
});

test("the processes of an app take turns", () => {
	const thread = new Thread();
	const ran: number[] = [];
	const turns = [0, 1, 2].map((id): KvTurn => {
		const turn = {
			run: () => {
				ran.push(id);
				thread.turns.add("a", turn);
			},
		};
		return turn;
	});
	for (const turn of turns) thread.turns.add("a", turn);
	thread.run(6);
	expect(ran).toEqual([0, 1, 2, 0, 1, 2]);
});

test("an app alone gets its share of the time, after a burst", () => {
	const thread = new Thread();
	thread.work("alone", 10);
	thread.run(10);
	expect(thread.nowMs).toBe(BURST_MS);
	thread.run(400);
	const used = thread.log.length * 10;
	expect(used / thread.nowMs).toBeGreaterThan(0.48);
	expect(used / thread.nowMs).toBeLessThan(0.56);
});

test("an app that arrives while another one pauses is served at once", () => {
	const thread = new Thread();
	thread.work("flood", 10 * BURST_MS);
	thread.run(1);
	// The flooding app has to pause now, which is scheduled.
	thread.run(1);
	const beforeMs = thread.nowMs;
	thread.work("small", 1, 1);
	thread.run(1);
	expect(thread.log.at(-1)).toBe("small");
	expect(thread.nowMs - beforeMs).toBe(1);
});

test("removed work is not done, and apps without work are forgotten", () => {
	const thread = new Thread();
	thread.turns.remove("gone", thread.work("gone", 1));
	thread.turns.remove("unknown", { run: () => {} });
	for (let app = 0; app < 20; app++) thread.work(`a${app}`, 1, 1);
	thread.run(100);
	expect(thread.log).toHaveLength(20);
	thread.nowMs += 10 * BURST_MS;
	thread.work("last", 1, 1);
	thread.run(100);
	expect(thread.turns.size).toBe(1);
});
