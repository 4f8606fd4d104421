/** How the runs of many apps share the capacity. */
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { cron, HOUR_MS, MINUTE_MS, worldWith } from "./scheduler-fixture.ts";

describe("of many automations that are due", () => {
	test("ten start at once, and the others wait for them", async () => {
		const names = Array.from({ length: 25 }, (_, index) => `n${index}`);
		const world = worldWith();
		for (const name of names) world.store(cron(name, "0 * * * *"), { app: `app of ${name}` });
		world.scheduler.refresh();
		world.isSlow = true;
		await world.pass(HOUR_MS);
		expect(world.running).toBe(10);
		// A waiting run has not been claimed yet.
		expect(world.claimed).toHaveLength(10);
		while (world.going.length > 0) {
			world.going.shift()?.();
			await setImmediate();
		}
		expect(world.ran).toEqual(names.map((name) => `${name}:60`));
		expect(world.most).toBe(10);
	});

	test("no app runs more than five, and no app waits for those of another app that never end", async () => {
		const world = worldWith();
		const endless = Array.from({ length: 10 }, (_, index) => `endless${index}`);
		for (const app of ["one", "two", "three"])
			for (const name of endless) world.store(cron(`${app} ${name}`, "* * * * *"), { app });
		world.store(cron("honest", "* * * * *"), { app: "honest" });
		world.scheduler.refresh();
		world.isSlow = true;
		world.ends = ({ app }) => app === "honest";
		await world.pass(MINUTE_MS);
		// The first apps have taken the whole capacity for now.
		expect(world.running).toBe(10);
		await world.pass(MINUTE_MS - 1);
		expect(world.ran.filter((run) => run.startsWith("honest"))).toEqual(["honest:1"]);
		await world.pass(58 * MINUTE_MS + 1);
		const hourOfRuns = Array.from({ length: 60 }, (_, index) => `honest:${index + 1}`);
		expect(world.ran.filter((run) => run.startsWith("honest"))).toEqual(hourOfRuns);
		const endlessRuns = world.ran.filter((run) => !run.startsWith("honest"));
		expect(endlessRuns).toHaveLength(15);
		for (const app of ["one", "two", "three"])
			expect(endlessRuns.filter((run) => run.startsWith(app))).toHaveLength(5);
	});

	test("those that wait take turns by app, however many each app has", async () => {
		const world = worldWith();
		for (const app of ["blocker", "other blocker"])
			for (let index = 0; index < 5; index++) world.store(cron(`${app}${index}`, "0 * * * *"), { app });
		for (let index = 0; index < 20; index++) world.store(cron(`many${index}`, "0 * * * *"), { app: "many" });
		for (let index = 0; index < 2; index++) world.store(cron(`few${index}`, "0 * * * *"), { app: "few" });
		world.scheduler.refresh();
		world.isSlow = true;
		await world.pass(HOUR_MS);
		while (world.going.length > 0) {
			world.going.shift()?.();
			await setImmediate();
		}
		const order = world.ran.slice(10, 14).map((run) => run.replace(/\d*:60$/, ""));
		expect(order).toEqual(["many", "few", "many", "few"]);
		expect(world.ran).toHaveLength(32);
	});
});
