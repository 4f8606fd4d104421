import { expect, test } from "vitest";
import { Capacity, type CapacityHolder } from "../../../src/platform/redeploy/capacity.ts";

/** Two places, and timers that end when the test says so. */
class House {
	readonly timers = new Set<() => void>();
	readonly stopped: string[] = [];
	readonly places = new Capacity({
		countMax: 2,
		waitMs: 1,
		schedule: (task) => {
			this.timers.add(task);
			return () => this.timers.delete(task);
		},
	});

	/** @param idleSinceMs undefined: it must not be stopped */
	occupant(name: string, idleSinceMs?: number): CapacityHolder & { idleSinceMs: number | undefined } {
		const { places, stopped } = this;
		return {
			idleSinceMs,
			stop() {
				stopped.push(name);
				places.release(this);
			},
		};
	}

	timeIsUp(): void {
		for (const task of [...this.timers]) task();
	}
}

test("where all places are taken, the one that was called least recently gives up its own", async () => {
	const house = new House();
	await house.places.acquire(house.occupant("recent", 20));
	await house.places.acquire(house.occupant("long ago", 10));
	await house.places.acquire(house.occupant("new", 30));
	expect(house.stopped).toEqual(["long ago"]);
	await house.places.acquire(house.occupant("newer", 40));
	expect(house.stopped).toEqual(["long ago", "recent"]);
	expect(house.places.usedCount).toBe(2);
});

test("one that has a place keeps it when it takes one again", async () => {
	const house = new House();
	const first = house.occupant("first", 10);
	await house.places.acquire(first);
	await house.places.acquire(house.occupant("second", 20));
	await house.places.acquire(first);
	expect(house.stopped).toEqual([]);
});

test("where all are busy, those who wait get places in their order, as they become free", async () => {
	const house = new House();
	const busy = [house.occupant("a"), house.occupant("b")] as const;
	for (const occupant of busy) await house.places.acquire(occupant);
	const got: string[] = [];
	const waiting = ["first", "second"].map(async (name) => {
		await house.places.acquire(house.occupant(name));
		got.push(name);
	});
	house.places.admitWaiting();
	await Promise.resolve();
	expect(got).toEqual([]);
	busy[1].idleSinceMs = 1;
	house.places.admitWaiting();
	await waiting[0];
	expect(got).toEqual(["first"]);
	house.places.release(busy[0]);
	await waiting[1];
	expect(house.stopped).toEqual(["b"]);
	expect(house.timers.size).toBe(0);
});

test("who waits in vain, or gives up, is told that the platform is full, and takes no place later", async () => {
	const house = new House();
	const busy = house.occupant("a");
	await house.places.acquire(busy);
	await house.places.acquire(house.occupant("b"));
	const full = { code: "PLATFORM_FULL", exit: 6, message: expect.stringContaining("2 functions") };
	const inVain = expect(house.places.acquire(house.occupant("late"))).rejects.toMatchObject(full);
	house.timeIsUp();
	await inVain;
	const leaving = house.occupant("leaving");
	const givenUp = expect(house.places.acquire(leaving)).rejects.toMatchObject(full);
	house.places.release(leaving);
	await givenUp;
	house.places.release(busy);
	expect(house.places.usedCount).toBe(1);
	expect(house.timers.size).toBe(0);
});
