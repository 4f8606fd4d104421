/** When a process counts as stuck, by its responses. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { Liveness } from "../../../../src/platform/runtime/process/liveness.ts";
import type { StuckReport } from "../../../../src/platform/runtime/runtime.ts";

const INTERVAL_MS = 5_000;

function watched(timeoutMs = 20_000, pid = process.pid) {
	const stuck: StuckReport[] = [];
	let pings = 0;
	const liveness = new Liveness({
		pid,
		timeoutMs,
		ping: () => pings++,
		onStuck: (why) => stuck.push(why),
	});
	const look = (passedMs = INTERVAL_MS) => liveness.check(passedMs, INTERVAL_MS);
	return { liveness, stuck, look, pings: () => pings };
}

test("a function that answers is asked each time, and is not ended", async () => {
	const { liveness, look, pings, stuck } = watched();
	for (let round = 0; round < 10; round++) {
		await look();
		liveness.pong();
	}
	expect([pings(), stuck]).toEqual([10, []]);
});

test("a function that computes may take as long as a request, and is ended if it takes longer", async () => {
	const { liveness, look, pings, stuck } = watched(20_000);
	for (let round = 0; round < 4; round++) await look();
	expect([pings(), stuck]).toEqual([1, []]);
	liveness.pong();
	for (let round = 0; round < 4; round++) await look();
	expect(stuck).toEqual([]);
	await look();
	expect(stuck).toEqual([
		{ reason: "silent", why: expect.stringMatching(/^its event loop has not answered for 20 s: /) },
	]);
	await look();
	expect(stuck).toHaveLength(1);
});

test("time in which the platform itself did not run is not counted", async () => {
	const { liveness, look, stuck } = watched(60_000);
	await look();
	await look(3_600_000);
	expect(stuck).toEqual([]);
	liveness.pong();
	await look();
	expect(stuck).toEqual([]);
});

test("a function with a short time limit still gets a few seconds", async () => {
	const { look, stuck } = watched(1_000);
	await look();
	await look();
	expect(stuck).toEqual([]);
	await look();
	expect(stuck).toHaveLength(1);
});

test("a function whose process is stopped is ended at the second check, unless it continues", async () => {
	const child = spawn("sleep", ["60"]);
	try {
		await once(child, "spawn");
		const { look, stuck } = watched(150_000, child.pid);
		const toStop = async (signal: NodeJS.Signals, isStopped: boolean) => {
			child.kill(signal);
			const { readFile } = await import("node:fs/promises");
			await vi.waitFor(async () =>
				expect((await readFile(`/proc/${child.pid}/stat`, "latin1")).includes(") T ")).toBe(isStopped),
			);
		};
		await look();
		await toStop("SIGSTOP", true);
		await look();
		await toStop("SIGCONT", false);
		await look();
		await toStop("SIGSTOP", true);
		await look();
		expect(stuck).toEqual([]);
		await look();
		expect(stuck).toEqual([{ reason: "stopped", why: expect.stringContaining("stopped by a signal") }]);
	} finally {
		child.kill("SIGKILL");
	}
});

test("a function is ended after three requests in a row without a response; a response resets the count", () => {
	const { liveness, stuck } = watched(30_000);
	for (let round = 0; round < 5; round++) {
		liveness.timedOut();
		liveness.timedOut();
		liveness.answered();
	}
	expect(stuck).toEqual([]);
	for (let round = 0; round < 4; round++) liveness.timedOut();
	expect(stuck).toEqual([{ reason: "unanswered", why: "3 requests in a row got no response within 30 s" }]);
});
