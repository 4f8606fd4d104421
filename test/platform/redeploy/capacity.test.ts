import { expect, test } from "vitest";
import { Capacity, type CapacityHolder } from "../../../src/platform/redeploy/capacity.ts";

/** A platform with capacity for two functions. The test decides when timers end. */
class World {
	readonly timers = new Set<() => void>();
	readonly stopped: string[] = [];
	readonly capacity = new Capacity({
		countMax: 2,
		waitMs: 1,
		schedule: (task) => {
			this.timers.add(task);
			return () => this.timers.delete(task);
		},
	});

	/** @param idleSinceMs undefined if the function must not be stopped */
	holder(name: string, idleSinceMs?: number): CapacityHolder & { idleSinceMs: number | undefined } {
		const { capacity, stopped } = this;
		return {
			idleSinceMs,
			stop() {
				stopped.push(name);
				capacity.release(this);
			},
		};
	}

	timeIsUp(): void {
		for (const task of [...this.timers]) task();
	}
}

test("at the limit, the function that was called least recently is stopped", async () => {
	const world = new World();
	await world.capacity.acquire(world.holder("recent", 20));
	await world.capacity.acquire(world.holder("long ago", 10));
	await world.capacity.acquire(world.holder("new", 30));
	expect(world.stopped).toEqual(["long ago"]);
	await world.capacity.acquire(world.holder("newer", 40));
	expect(world.stopped).toEqual(["long ago", "recent"]);
	expect(world.capacity.usedCount).toBe(2);
});

test("a function that is admitted already is admitted again at once", async () => {
	const world = new World();
	const first = world.holder("first", 10);
	await world.capacity.acquire(first);
	await world.capacity.acquire(world.holder("second", 20));
	await world.capacity.acquire(first);
	expect(world.stopped).toEqual([]);
});

test("if all functions are busy, waiting functions are admitted in order as capacity becomes free", async () => {
	const world = new World();
	const busy = [world.holder("a"), world.holder("b")] as const;
	for (const holder of busy) await world.capacity.acquire(holder);
	const admitted: string[] = [];
	const waiting = ["first", "second"].map(async (name) => {
		await world.capacity.acquire(world.holder(name));
		admitted.push(name);
	});
	world.capacity.admitWaiting();
	await Promise.resolve();
	expect(admitted).toEqual([]);
	busy[1].idleSinceMs = 1;
	world.capacity.admitWaiting();
	await waiting[0];
	expect(admitted).toEqual(["first"]);
	world.capacity.release(busy[0]);
	await waiting[1];
	expect(world.stopped).toEqual(["b"]);
	expect(world.timers.size).toBe(0);
});

test("a function that waits too long, or is released, gets PLATFORM_FULL and is not admitted later", async () => {
	const world = new World();
	const busy = world.holder("a");
	await world.capacity.acquire(busy);
	await world.capacity.acquire(world.holder("b"));
	const full = { code: "PLATFORM_FULL", exit: 6, message: expect.stringContaining("2 functions") };
	const inVain = expect(world.capacity.acquire(world.holder("late"))).rejects.toMatchObject(full);
	world.timeIsUp();
	await inVain;
	const leaving = world.holder("leaving");
	const givenUp = expect(world.capacity.acquire(leaving)).rejects.toMatchObject(full);
	world.capacity.release(leaving);
	await givenUp;
	world.capacity.release(busy);
	expect(world.capacity.usedCount).toBe(1);
	expect(world.timers.size).toBe(0);
});
