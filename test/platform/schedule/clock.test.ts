/** A scheduler after the clock was set forward or back. */
import { describe, expect, test } from "vitest";
import { cron, DAY_MS, HOUR_MS, MINUTE_MS, once, START_MS, worldWith } from "./scheduler-fixture.ts";

describe("after a stop of the platform", () => {
	test("missed runs are skipped, except for a single date, which runs once", async () => {
		const world = worldWith(cron("hourly", "0 * * * *"), once("date", START_MS + 2 * HOUR_MS));
		await world.pass(HOUR_MS);
		world.clockMs += 5 * HOUR_MS + MINUTE_MS;
		world.restart();
		await world.pass(0);
		expect(world.ran).toEqual(["hourly:60", "date:120"]);
		world.restart();
		await world.pass(HOUR_MS);
		expect(world.ran).toEqual(["hourly:60", "date:120", "hourly:420"]);
	});

	test("a clock that was set back repeats no run", async () => {
		const world = worldWith(cron("a", "0 * * * *"));
		await world.pass(2 * HOUR_MS);
		world.clockMs -= 90 * MINUTE_MS;
		world.restart();
		await world.pass(3 * HOUR_MS);
		expect(world.ran).toEqual(["a:60", "a:120", "a:180"]);
	});
});

describe("a clock that jumps", () => {
	test("forward runs each waiting automation once", async () => {
		const world = worldWith(cron("minutely", "* * * * *"), cron("hourly", "0 * * * *"));
		world.clockMs += 5 * HOUR_MS + 30_000;
		await world.pass(MINUTE_MS);
		expect(world.ran).toEqual(["minutely:1", "hourly:60"]);
		await world.pass(MINUTE_MS);
		expect(world.ran).toEqual(["minutely:1", "hourly:60", "minutely:302"]);
	});

	test("forward is noticed within a minute, however long the timer is", async () => {
		const world = worldWith(once("a", START_MS + 10 * DAY_MS));
		world.clockMs += 10 * DAY_MS;
		await world.pass(MINUTE_MS);
		expect(world.ran).toEqual([`a:${10 * 24 * 60}`]);
	});

	test("back repeats no run", async () => {
		const world = worldWith(cron("a", "*/10 * * * *"));
		await world.pass(20 * MINUTE_MS);
		world.clockMs -= 15 * MINUTE_MS;
		await world.pass(30 * MINUTE_MS);
		expect(world.ran).toEqual(["a:10", "a:20", "a:30"]);
	});

	test("forward by years and back again makes nothing wait for years", async () => {
		const world = worldWith(cron("a", "0 * * * *"));
		world.clockMs += 3650 * DAY_MS;
		await world.pass(MINUTE_MS);
		world.clockMs -= 3650 * DAY_MS;
		await world.pass(3 * HOUR_MS);
		expect(world.ran).toEqual(["a:60", "a:120", "a:180"]);
	});

	test("back after runs at a later time reports each automation that waits, once", async () => {
		const day = 24 * 60;
		const world = worldWith(cron("minutely", "* * * * *"), cron("daily", "0 0 * * *"));
		world.clockMs += 365 * DAY_MS;
		await world.pass(2 * MINUTE_MS);
		world.clockMs -= 365 * DAY_MS;
		await world.pass(MINUTE_MS);
		const last = `minutely:${365 * day + 2}`;
		expect(world.ran.at(-1)).toBe(last);
		// The daily one ran for the day that it had awaited, which is not over yet.
		expect(world.held).toEqual([last]);
		world.scheduler.refresh();
		expect(world.held).toEqual([last]);
		world.restart();
		expect(world.held).toEqual([last, last]);
		await world.pass(60 * MINUTE_MS);
		expect(world.ran.at(-1)).toBe(last);
	});

	test("of another node that is ahead: an automation that it ran in the future waits, which is reported", async () => {
		const world = worldWith(cron("a", "* * * * *"));
		world.claim = () => false;
		world.overtakenMs = START_MS + HOUR_MS;
		await world.pass(30 * MINUTE_MS);
		expect(world.held).toEqual(["a:60"]);
		world.claim = () => true;
		await world.pass(32 * MINUTE_MS);
		expect(world.ran).toEqual(["a:61", "a:62"]);
	});

	test("of another node that is right: a run that it claimed first is left out, and nothing is reported", async () => {
		const world = worldWith(cron("a", "* * * * *"));
		world.claim = (due) => due.dueMs > START_MS + MINUTE_MS;
		world.overtakenMs = START_MS + MINUTE_MS;
		await world.pass(2 * MINUTE_MS);
		expect(world.ran).toEqual(["a:2"]);
		expect(world.held).toEqual([]);
	});

	test("back by less than to the run before the last reports nothing", async () => {
		const world = worldWith(cron("a", "*/10 * * * *"));
		await world.pass(20 * MINUTE_MS);
		world.clockMs -= 5 * MINUTE_MS;
		await world.pass(MINUTE_MS);
		expect(world.held).toEqual([]);
	});

	test("back: an automation with another schedule begins anew", async () => {
		const world = worldWith(cron("a", "* * * * *"));
		world.clockMs += 365 * DAY_MS;
		await world.pass(2 * MINUTE_MS);
		world.clockMs -= 365 * DAY_MS;
		await world.pass(MINUTE_MS);
		world.store(cron("a", "*/2 * * * *"));
		world.scheduler.refresh();
		await world.pass(4 * MINUTE_MS);
		expect(world.ran.slice(-2)).toEqual(["a:4", "a:6"]);
	});
});
