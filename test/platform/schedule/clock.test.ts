/** What a scheduler makes of time that passed without it, or not at all. */
import { describe, expect, test } from "vitest";
import { cron, DAY_MS, HOUR_MS, MINUTE_MS, once, START_MS, worldWith } from "./scheduler-fixture.ts";

describe("while the platform is stopped", () => {
	test("what was due is left out, but a date is made up for, once", async () => {
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

	test("a clock that was set back runs nothing again", async () => {
		const world = worldWith(cron("a", "0 * * * *"));
		await world.pass(2 * HOUR_MS);
		world.clockMs -= 90 * MINUTE_MS;
		world.restart();
		await world.pass(3 * HOUR_MS);
		expect(world.ran).toEqual(["a:60", "a:120", "a:180"]);
	});
});

describe("a clock that leaps", () => {
	test("ahead runs what was awaited once, and no storm", async () => {
		const world = worldWith(cron("minutely", "* * * * *"), cron("hourly", "0 * * * *"));
		world.clockMs += 5 * HOUR_MS + 30_000;
		await world.pass(MINUTE_MS);
		expect(world.ran).toEqual(["minutely:1", "hourly:60"]);
		await world.pass(MINUTE_MS);
		expect(world.ran).toEqual(["minutely:1", "hourly:60", "minutely:302"]);
	});

	test("ahead is noticed within a minute, however long the timer would have been", async () => {
		const world = worldWith(once("a", START_MS + 10 * DAY_MS));
		world.clockMs += 10 * DAY_MS;
		await world.pass(MINUTE_MS);
		expect(world.ran).toEqual([`a:${10 * 24 * 60}`]);
	});

	test("back runs nothing twice", async () => {
		const world = worldWith(cron("a", "*/10 * * * *"));
		await world.pass(20 * MINUTE_MS);
		world.clockMs -= 15 * MINUTE_MS;
		await world.pass(30 * MINUTE_MS);
		expect(world.ran).toEqual(["a:10", "a:20", "a:30"]);
	});

	test("ahead by years and back again leaves nothing waiting for years", async () => {
		const world = worldWith(cron("a", "0 * * * *"));
		world.clockMs += 3650 * DAY_MS;
		await world.pass(MINUTE_MS);
		world.clockMs -= 3650 * DAY_MS;
		await world.pass(3 * HOUR_MS);
		expect(world.ran).toEqual(["a:60", "a:120", "a:180"]);
	});
});
