import { describe, expect, test, vi } from "vitest";
import type { Deployment } from "../../../src/platform/function.ts";
import { FunctionSlot } from "../../../src/platform/redeploy/slot.ts";
import type { SlotPort, Started } from "../../../src/platform/redeploy/slot-port.ts";
import type { ExitReason, Instance, Stuck } from "../../../src/platform/runtime/runtime.ts";

const DEPLOYMENT = { id: "d1", function: "f", references: [], dynamic: [] } as unknown as Deployment;
const NEVER = new Promise<never>(() => {});

/** Starts that end when the test says so, each with the secrets of the moment in which it began. */
class Starts implements Omit<SlotPort, "start"> {
	secrets = 1;
	readonly under: { finish: () => void; moment: number }[] = [];
	readonly begun: (() => void)[] = [];
	wanted = () => DEPLOYMENT;
	enter = async () => {};
	leave = () => {};
	settled = () => {};
	isOutdated = (started: Started) => started.moment < this.secrets;
	onStarted = async () => {};
	onFailure = () => {};
	onReplaced = () => {};
	now = () => 0;
	schedule = () => () => {};
	monotonicMs = () => 0;

	readonly start = (deployment: Deployment, begin: () => void): Promise<Started> => {
		begin();
		const moment = this.secrets;
		const instance = {
			exited: new Promise<never>(() => {}),
			stuck: new Promise<never>(() => {}),
			inFlight: 0,
			lastActiveMs: -100,
			stop: async () => {},
		} as unknown as Instance;
		return new Promise((resolve) => {
			this.under.push({ moment, finish: () => resolve({ instance, deployment, moment }) });
			this.begun.shift()?.();
		});
	};

	/** Resolves with the next start once it has read the secrets. */
	async next(): Promise<{ finish: () => void; moment: number }> {
		if (this.under.length === 0) await new Promise<void>((resolve) => this.begun.push(resolve));
		const first = this.under.shift();
		if (!first) throw new Error("nothing starts");
		return first;
	}
}

test("a function that is waking up when its secrets change is started with the new ones", async () => {
	const starts = new Starts();
	const slot = new FunctionSlot(starts);
	const first = slot.refresh();
	(await starts.next()).finish();
	await first;
	slot.stopIdle(1);
	expect(slot.state).toBe("idle");

	const request = slot.ensure();
	const waking = await starts.next();
	starts.secrets = 2;
	const change = slot.refresh();
	waking.finish();
	await request;
	const restarted = await starts.next();
	expect(restarted.moment).toBe(2);
	restarted.finish();
	expect(await change).toEqual({ status: "live" });
});

test("a function that ended and does not start again at once is tried again, ever later", async () => {
	const starts = new Starts();
	const tasks: { run: () => void; delayMs: number }[] = [];
	const delays: number[] = [];
	let end: (reason: ExitReason) => void = () => {};
	let isAway = false;
	const slot = new FunctionSlot({
		...starts,
		schedule: (run: () => void, delayMs: number) => {
			tasks.push({ run, delayMs });
			return () => {};
		},
		start: async (deployment: Deployment, begin: () => void): Promise<Started> => {
			begin();
			if (isAway) throw new Error("the database is away");
			const exited = new Promise<ExitReason>((resolve) => {
				end = resolve;
			});
			const instance = {
				exited,
				stuck: NEVER,
				inFlight: 0,
				lastActiveMs: 0,
				stop: async () => {},
			} as unknown as Instance;
			return { instance, deployment, moment: 1 };
		},
	});
	await slot.refresh();
	isAway = true;
	end({ code: 1, signal: null, stderr: "" });
	for (let round = 0; round < 4; round++) {
		await vi.waitFor(() => expect(tasks).toHaveLength(1));
		const task = tasks.shift();
		delays.push(task?.delayMs ?? -1);
		isAway = round < 3;
		task?.run();
	}
	expect(delays).toEqual([500, 1000, 2000, 4000]);
	await vi.waitFor(() => expect(slot.state).toBe("live"));
	expect(tasks).toEqual([]);
});

test("a function that does not start when it is called is not started again at once, however many call", async () => {
	const starts = new Starts();
	let nowMs = 1_000_000;
	let tries = 0;
	let isBroken = true;
	const slot = new FunctionSlot(
		{
			...starts,
			monotonicMs: () => nowMs,
			start: async (deployment: Deployment, begin: () => void): Promise<Started> => {
				begin();
				tries++;
				if (isBroken) throw new Error("the database is away");
				const instance = { exited: NEVER, stuck: NEVER, inFlight: 0, lastActiveMs: nowMs };
				return { instance: instance as unknown as Instance, deployment, moment: 1 };
			},
		},
		true,
	);
	const ask = async () => {
		for (let request = 0; request < 5; request++) await slot.ensure();
		return tries;
	};
	expect(await ask()).toBe(1);
	expect(slot.state).toBe("failed");
	nowMs += 499;
	expect(await ask()).toBe(1);
	nowMs += 1;
	expect(await ask()).toBe(2);
	nowMs += 999;
	expect(await ask()).toBe(2);
	nowMs += 1;
	isBroken = false;
	expect(await ask()).toBe(3);
	expect(slot.state).toBe("live");
});

test("a function that ends again and again is started ever later, a minute apart at the most, until it has proved itself", async () => {
	const starts = new Starts();
	let nowMs = 0;
	const tasks: { run: () => void; delayMs: number }[] = [];
	let end: (reason: ExitReason) => void = () => {};
	const slot = new FunctionSlot({
		...starts,
		monotonicMs: () => nowMs,
		schedule: (run: () => void, delayMs: number) => {
			tasks.push({ run, delayMs });
			return () => {};
		},
		start: async (deployment: Deployment, begin: () => void): Promise<Started> => {
			begin();
			const exited = new Promise<ExitReason>((resolve) => {
				end = resolve;
			});
			const instance = {
				exited,
				stuck: NEVER,
				inFlight: 0,
				lastActiveMs: 0,
				stop: async () => {},
			} as unknown as Instance;
			return { instance, deployment, moment: 1 };
		},
	});
	/** Ends it after a while. @returns how long it waits then; it is started after that */
	const crashAfter = async (livedMs: number): Promise<number> => {
		nowMs += livedMs;
		end({ code: 1, signal: null, stderr: "" });
		await vi.waitFor(() => expect(tasks).toHaveLength(1));
		expect(slot.state).toBe("failed");
		const task = tasks.shift();
		nowMs += task?.delayMs ?? 0;
		task?.run();
		await vi.waitFor(() => expect(slot.state).toBe("live"));
		return task?.delayMs ?? -1;
	};
	await slot.refresh();
	const delays: number[] = [];
	for (let crash = 0; crash < 9; crash++) delays.push(await crashAfter(1_000));
	expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
	expect(await crashAfter(29_999)).toBe(60_000);
	expect(await crashAfter(30_000)).toBe(0);
	expect(await crashAfter(1)).toBe(500);
});

test("a new version that does not start keeps nobody from the idle one", async () => {
	const starts = new Starts();
	const broken = { ...DEPLOYMENT, id: "d2" };
	const slot = new FunctionSlot(
		{
			...starts,
			start: async (deployment: Deployment, begin: () => void): Promise<Started> => {
				begin();
				if (deployment === broken) throw new Error("it throws at import");
				const instance = { exited: NEVER, stuck: NEVER, inFlight: 0, lastActiveMs: 0 };
				return { instance: instance as unknown as Instance, deployment, moment: 1 };
			},
		},
		true,
	);
	for (let attempt = 0; attempt < 3; attempt++)
		expect(await slot.deploy(broken, async () => {})).toMatchObject({ status: "failed" });
	expect(await slot.ensure()).toBeDefined();
});

describe("a process that is stuck", () => {
	const SILENT: Stuck = { reason: "silent", why: "its event loop has answered nothing for 30 s" };
	const UNANSWERED: Stuck = { reason: "unanswered", why: "3 requests in a row got no answer within 30 s" };

	/** Processes that start at once, and are stuck when the test says so. */
	class World extends Starts {
		nowMs = 1_000_000;
		readonly tasks: { run: () => void; delayMs: number }[] = [];
		readonly replaced: number[] = [];
		readonly told: string[] = [];
		/** Each process, in the order of their starts. */
		readonly processes: { get: (stuck: Stuck) => void; stopped: (number | undefined)[] }[] = [];
		isBroken = false;
		readonly slot: FunctionSlot;

		constructor() {
			super();
			this.slot = new FunctionSlot({
				...this,
				onReplaced: ({ count }) => this.replaced.push(count),
				now: () => 42,
				monotonicMs: () => this.nowMs,
				schedule: (run, delayMs) => {
					const task = { run, delayMs };
					this.tasks.push(task);
					return () => void this.tasks.splice(this.tasks.indexOf(task) >>> 0, 1);
				},
				start: async (deployment, begin) => {
					begin();
					if (this.isBroken) throw new Error("the database is away");
					return { instance: this.#process(), deployment, moment: 1 };
				},
			});
		}

		#process(): Instance {
			let get: (stuck: Stuck) => void = () => {};
			const stuck = new Promise<Stuck>((resolve) => {
				get = resolve;
			});
			const stopped: (number | undefined)[] = [];
			const stop = async ({ graceMs }: { graceMs?: number } = {}) => void stopped.push(graceMs);
			this.processes.push({ get, stopped });
			const tell = (message: string) => void this.told.push(message);
			return { exited: NEVER, stuck, stop, tell, inFlight: 0, lastActiveMs: 0 } as unknown as Instance;
		}

		/** The present process gets stuck. */
		async get(stuck: Stuck): Promise<void> {
			const count = this.replaced.length;
			this.processes.at(-1)?.get(stuck);
			await vi.waitFor(() => expect(this.replaced.length).toBe(count + 1));
		}

		runTask(): number {
			const task = this.tasks.shift();
			this.nowMs += task?.delayMs ?? 0;
			task?.run();
			return task?.delayMs ?? -1;
		}
	}

	test("and answers nothing is ended at once, and whoever asks is served by the next one", async () => {
		const world = new World();
		await world.slot.refresh();
		const first = world.slot.instance;
		await world.get(SILENT);
		expect(world.processes[0]?.stopped).toEqual([0]);
		const next = await world.slot.ensure();
		expect(next).toBeDefined();
		expect(next).not.toBe(first);
		expect(world.slot.state).toBe("live");
		expect(world.slot.error).toBeUndefined();
		expect(world.slot.replaced).toEqual({ count: 1, atMs: 42, ...SILENT });
		expect(world.told).toEqual([
			"The function is replaced, the first time since the platform started: its event loop has answered nothing for 30 s. Its next process starts at once.",
		]);
	});

	test("again and again is started ever later, until ten minutes went well", async () => {
		const world = new World();
		await world.slot.refresh();
		await world.get(SILENT);
		const delays: number[] = [];
		for (let round = 0; round < 9; round++) {
			await vi.waitFor(() => expect(world.slot.state).toBe("live"));
			world.nowMs += 5 * 60_000;
			await world.get(SILENT);
			expect(world.slot.state).toBe("failed");
			expect(world.slot.error).toContain("answered nothing for 30 s");
			expect(await world.slot.ensure()).toBeUndefined();
			delays.push(world.runTask());
		}
		expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
		await vi.waitFor(() => expect(world.slot.state).toBe("live"));
		world.nowMs += 10 * 60_000;
		await world.get(SILENT);
		await vi.waitFor(() => expect(world.slot.state).toBe("live"));
		expect(world.told.at(-1)).toMatch(/^The function is replaced, 11 times by now .* starts at once\.$/);
	});

	test("but lives serves on until the next one is ready, and has its time to end", async () => {
		const world = new World();
		await world.slot.refresh();
		const first = world.slot.instance;
		world.isBroken = true;
		await world.get(UNANSWERED);
		await vi.waitFor(() => expect(world.tasks).toHaveLength(1));
		expect(world.slot.instance).toBe(first);
		world.isBroken = false;
		world.runTask();
		await vi.waitFor(() => expect(world.processes[0]?.stopped).toEqual([undefined]));
		expect(world.slot.instance).not.toBe(first);
		expect(world.slot.replaced).toMatchObject({ count: 1, reason: "unanswered" });
	});

	test("is no business of a function that is closed, was replaced already, or became idle", async () => {
		const world = new World();
		await world.slot.refresh();
		await world.slot.deploy(DEPLOYMENT, async () => {});
		world.processes[0]?.get(SILENT);
		world.nowMs += 1_000_000;
		world.slot.stopIdle(1);
		world.processes[1]?.get(UNANSWERED);
		await world.slot.ensure();
		await world.slot.close();
		world.processes[2]?.get(SILENT);
		await new Promise((resolve) => setImmediate(resolve));
		expect(world.replaced).toEqual([]);
		expect(world.processes).toHaveLength(3);
	});
});
