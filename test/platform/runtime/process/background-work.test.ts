/** Work that continues after responses. The test controls the time. */
import { beforeEach, expect, test } from "vitest";
import { BackgroundWork } from "../../../../src/platform/runtime/process/background-work.ts";

let nowMs = 0;
let calledMs = 0;
let counted = 0;
let timers = new Set<{ atMs: number; task: () => void }>();
let most = 0;
let hold: BackgroundWork;
beforeEach(() => {
	[nowMs, calledMs, counted, most] = [0, 0, 0, 0];
	timers = new Set();
	hold = new BackgroundWork({
		count: () => {
			counted++;
			return () => void counted--;
		},
		lastRequestMs: () => calledMs,
		now: () => nowMs,
		schedule: (task, delayMs) => {
			const timer = { atMs: nowMs + delayMs, task };
			timers.add(timer);
			most = Math.max(most, timers.size);
			return () => timers.delete(timer);
		},
	});
});

function passTo(atMs: number): void {
	nowMs = atMs;
	for (const timer of [...timers]) {
		if (timer.atMs > nowMs || !timers.delete(timer)) continue;
		timer.task();
	}
}

test("there is at most one timer, however often work begins and ends, and none afterwards", () => {
	for (let round = 0; round < 10_000; round++) {
		hold.set(true);
		hold.set(true);
		expect(counted).toBe(1);
		hold.set(false);
		hold.set(false);
	}
	expect([most, timers.size, counted]).toEqual([1, 0, 0]);
});

test("a function counts as active for 150 s after its last request", () => {
	hold.set(true);
	calledMs = 100_000;
	passTo(150_000);
	expect(counted).toBe(1);
	passTo(249_999);
	expect(counted).toBe(1);
	passTo(250_000);
	expect([counted, timers.size]).toEqual([0, 0]);
	hold.set(true);
	expect([counted, timers.size]).toEqual([0, 0]);
	calledMs = nowMs;
	hold.set(true);
	expect(counted).toBe(1);
});

test("the next message corrects a count that was missed", () => {
	let tries = 0;
	const count = () => () => {
		tries++;
		if (tries === 1) throw new Error("thrown once");
	};
	const failing = new BackgroundWork({
		count,
		lastRequestMs: () => 0,
		now: () => 0,
		schedule: () => () => {},
	});
	failing.set(true);
	expect(() => failing.set(false)).toThrow("thrown once");
	failing.set(false);
	failing.set(false);
	expect(tries).toBe(2);
});
