import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { cron, DAY_MS, HOUR_MS, MINUTE_MS, once, START_MS, worldWith } from "./scheduler-fixture.ts";

test("each due automation runs once at its time, with one timer for all", async () => {
	const world = worldWith(cron("ten", "*/10 * * * *"), cron("half", "30 * * * *"));
	expect(world.timers.size).toBe(1);
	await world.pass(40 * MINUTE_MS);
	expect(world.ran).toEqual(["ten:10", "ten:20", "ten:30", "half:30", "ten:40"]);
	expect(world.claimed).toEqual(world.ran);
	expect(world.timers.size).toBe(1);
});

test("no timer is set for automations that never run: ended, inactive, of an entity", async () => {
	const entity = { name: "e", type: "entity", entity_name: "E", event_types: ["create"] } as const;
	const world = worldWith(cron("off", "* * * * *", { is_active: false }), once("past", START_MS - 1), entity);
	expect(world.timers.size).toBe(0);
	await world.pass(DAY_MS);
	expect(world.ran).toEqual([]);
});

test("a date that is months away is waited for in several timers, each within a timer's maximum", async () => {
	const world = worldWith(once("far", START_MS + 60 * DAY_MS));
	await world.pass(60 * DAY_MS - 1);
	expect(world.ran).toEqual([]);
	await world.pass(1);
	expect(world.ran).toEqual([`far:${60 * 24 * 60}`]);
	expect(world.timers.size).toBe(0);
});

test("a timer that ends slightly early causes no early run, and no second run", async () => {
	const world = worldWith(cron("a", "* * * * *"));
	world.clockMs -= 3;
	await world.pass(MINUTE_MS);
	expect(world.ran).toEqual([]);
	await world.pass(3);
	expect(world.ran).toEqual(["a:1"]);
});

describe("while an automation runs", () => {
	test("a later function of the deleted one's name is not delayed", async () => {
		const world = worldWith(cron("slow", "* * * * *"));
		world.isSlow = true;
		await world.pass(MINUTE_MS);
		world.store(cron("slow", "* * * * *"), { lifetime: "next" });
		world.scheduler.refresh();
		await world.pass(MINUTE_MS);
		expect([world.ran, world.skipped]).toEqual([["slow:1", "slow:2"], []]);
	});

	test("its next run is skipped, and the runs after that start again", async () => {
		const world = worldWith(cron("slow", "* * * * *"));
		world.isSlow = true;
		await world.pass(3 * MINUTE_MS);
		expect(world.ran).toEqual(["slow:1"]);
		expect(world.skipped).toEqual(["slow:2", "slow:3"]);
		world.going.shift()?.();
		await world.pass(MINUTE_MS);
		expect(world.ran).toEqual(["slow:1", "slow:4"]);
	});

	test("it does not run twice at the same time if it is removed and added again", async () => {
		const world = worldWith(cron("slow", "* * * * *"));
		world.isSlow = true;
		await world.pass(MINUTE_MS);
		world.stored.clear();
		world.scheduler.refresh();
		world.store(cron("slow", "* * * * *"));
		world.scheduler.refresh();
		await world.pass(MINUTE_MS);
		expect(world.ran).toEqual(["slow:1"]);
		expect(world.skipped).toEqual(["slow:2"]);
	});

	test("others that wait do not run if they are removed or disabled, and run with changed settings if these change", async () => {
		const names = Array.from({ length: 8 }, (_, index) => `n${index}`);
		const world = worldWith(...names.map((name) => cron(name, "0 * * * *")));
		world.isSlow = true;
		const sent: unknown[] = [];
		world.run = ({ automation }) => {
			if (automation.name === "n7") sent.push(automation.function_args);
		};
		await world.pass(HOUR_MS);
		world.stored.delete("n5");
		world.store(cron("n6", "0 * * * *", { is_active: false }), { anchorMs: START_MS });
		world.store(cron("n7", "0 * * * *", { function_args: { now: true } }), { anchorMs: START_MS });
		world.scheduler.refresh();
		while (world.going.length > 0) {
			world.going.shift()?.();
			await setImmediate();
		}
		expect(world.ran.slice(5)).toEqual(["n7:60"]);
		expect(sent).toEqual([{ now: true }]);
	});
});

describe("a claim of a run", () => {
	test("that is refused or fails runs nothing, and the next run is tried", async () => {
		const world = worldWith(cron("a", "* * * * *"));
		world.claim = ({ dueMs }) => {
			if (dueMs === START_MS + 2 * MINUTE_MS) throw new Error("the disk is full");
			return dueMs !== START_MS + MINUTE_MS;
		};
		await world.pass(3 * MINUTE_MS);
		expect(world.ran).toEqual(["a:3"]);
		expect(world.errors).toEqual([new Error("the disk is full")]);
	});

	test("is made before the run, so that a failed run is not repeated", async () => {
		const world = worldWith(cron("a", "*/5 * * * *"));
		world.run = () => {
			expect(world.claimed).toEqual(world.ran);
			throw new Error("it does not answer");
		};
		await world.pass(10 * MINUTE_MS);
		expect(world.ran).toEqual(["a:5", "a:10"]);
		expect(world.errors).toEqual([new Error("it does not answer"), new Error("it does not answer")]);
	});

	test("counts towards the maximum of runs, listed or not, and a skipped run does not count", async () => {
		const world = worldWith(cron("a", "* * * * *", { ends_type: "after", ends_after_count: 3 }));
		await world.pass(MINUTE_MS);
		world.isSlow = true;
		await world.pass(2 * MINUTE_MS);
		expect(world.skipped).toEqual(["a:3"]);
		world.isSlow = false;
		world.going.shift()?.();
		world.scheduler.refresh();
		await world.pass(10 * MINUTE_MS);
		expect(world.ran).toEqual(["a:1", "a:2", "a:4"]);
		expect(world.timers.size).toBe(0);
	});
});

describe("after a change of the automations", () => {
	test("an equal automation keeps its next time", async () => {
		const world = worldWith(cron("a", "*/10 * * * *"));
		await world.pass(10 * MINUTE_MS - 1);
		// It comes due before the timer has ended.
		world.clockMs += 5;
		world.stored.set("a", structuredClone(world.stored.get("a")) as never);
		world.scheduler.refresh();
		await world.pass(0);
		expect(world.ran).toEqual(["a:10"]);
		expect(world.timers.size).toBe(1);
	});

	test("another schedule applies at once, and missed runs of the earlier one are skipped", async () => {
		const world = worldWith(cron("a", "0 * * * *"), once("date", START_MS + DAY_MS));
		await world.pass(90 * MINUTE_MS);
		world.store(cron("a", "*/20 * * * *"), { anchorMs: START_MS, runs: 1, lastDueMs: START_MS + HOUR_MS });
		world.store(once("date", START_MS + HOUR_MS), { anchorMs: START_MS });
		world.scheduler.refresh();
		await world.pass(30 * MINUTE_MS);
		expect(world.ran).toEqual(["a:60", "a:100", "a:120"]);
	});

	test("a removed automation has no timer any more, and a new one has one", async () => {
		const world = worldWith(cron("a", "* * * * *"));
		world.stored.clear();
		world.store(cron("b", "*/2 * * * *"));
		world.scheduler.refresh();
		await world.pass(4 * MINUTE_MS);
		expect(world.ran).toEqual(["b:2", "b:4"]);
	});

	test("runs that another node counted are included", async () => {
		const twice = { ends_type: "after", ends_after_count: 2 };
		const world = worldWith(cron("a", "*/10 * * * *", twice), cron("b", "*/10 * * * *"));
		world.store(cron("a", "*/10 * * * *", twice), { anchorMs: START_MS, runs: 2 });
		world.store(cron("b", "*/10 * * * *"), { anchorMs: START_MS, lastDueMs: START_MS + 10 * MINUTE_MS });
		world.scheduler.refresh();
		await world.pass(20 * MINUTE_MS);
		expect(world.ran).toEqual(["b:20"]);
	});

	test("an automation that changes during its claim, together with the clock, does not run again", async () => {
		const world = worldWith(cron("a", "*/10 * * * *"));
		await world.pass(10 * MINUTE_MS);
		world.clockMs -= MINUTE_MS;
		world.store(cron("a", "*/10 * * * *", { description: "new" }), { anchorMs: START_MS });
		world.scheduler.refresh();
		await world.pass(11 * MINUTE_MS);
		expect(world.ran).toEqual(["a:10", "a:20"]);
	});

	test("a one-time automation runs if it came due between its storage and its listing", async () => {
		const world = worldWith();
		world.store(once("soon", START_MS + 2));
		await world.pass(5);
		world.scheduler.refresh();
		await world.pass(0);
		expect(world.ran).toHaveLength(1);
	});
});

describe("close", () => {
	test("starts no new run and waits for those in progress", async () => {
		const world = worldWith(cron("a", "* * * * *"));
		world.isSlow = true;
		await world.pass(MINUTE_MS);
		let isClosed = false;
		const closed = world.scheduler.close(HOUR_MS).then(() => {
			isClosed = true;
		});
		world.scheduler.refresh();
		await world.pass(10 * MINUTE_MS);
		expect(isClosed).toBe(false);
		world.going.shift()?.();
		await closed;
		expect(world.ran).toEqual(["a:1"]);
		expect(world.timers.size).toBe(0);
	});

	test("waits no longer than its grace period, and claims nothing for automations that wait", async () => {
		const world = worldWith(...Array.from({ length: 6 }, (_, index) => cron(`n${index}`, "* * * * *")));
		world.isSlow = true;
		await world.pass(MINUTE_MS);
		const closed = world.scheduler.close(5_000);
		await world.pass(5_000);
		await closed;
		world.going.shift()?.();
		await setImmediate();
		expect(world.claimed).toHaveLength(5);
	});
});

test("a run that asks for a retry is repeated after its delay without another claim, unless its automation is removed", async () => {
	const world = worldWith(cron("a", "*/10 * * * *"));
	world.repeatMs = (attempt) => (attempt < 2 ? MINUTE_MS : undefined);
	await world.pass(15 * MINUTE_MS);
	expect(world.ran).toEqual(["a:10", "a:10", "a:10"]);
	expect(world.claimed).toEqual(["a:10"]);
	await world.pass(5 * MINUTE_MS);
	world.stored.clear();
	world.scheduler.refresh();
	await world.pass(10 * MINUTE_MS);
	expect(world.ran).toHaveLength(4);
	expect(world.timers.size).toBe(0);
});
