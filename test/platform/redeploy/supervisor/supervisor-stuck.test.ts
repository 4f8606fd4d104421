/** Replacement of a function's stuck process. */
import { describe, expect, test, vi } from "vitest";
import { FunctionSupervisor } from "../../../../src/platform/redeploy/function-supervisor.ts";
import type { Instance, StuckReport } from "../../../../src/platform/runtime/runtime.ts";
import { DEPLOYMENT, NEVER, Starts } from "./supervisor-fixture.ts";

describe("a process that is stuck", () => {
	const SILENT: StuckReport = { reason: "silent", why: "its event loop has not answered for 30 s" };
	const UNANSWERED: StuckReport = {
		reason: "unanswered",
		why: "3 requests in a row got no response within 30 s",
	};

	/** Processes that start at once. The test decides when they are stuck. */
	class World extends Starts {
		nowMs = 1_000_000;
		readonly tasks: { run: () => void; delayMs: number }[] = [];
		readonly replaced: number[] = [];
		readonly told: string[] = [];
		/** Each process, in the order of their starts. */
		readonly processes: { get: (stuck: StuckReport) => void; stopped: (number | undefined)[] }[] = [];
		isBroken = false;
		readonly supervisor: FunctionSupervisor;

		constructor() {
			super();
			this.supervisor = new FunctionSupervisor({
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
					return { instance: this.#process(), deployment, moment: { changes: 1, local: 0 } };
				},
			});
		}

		#process(): Instance {
			let get: (stuck: StuckReport) => void = () => {};
			const stuck = new Promise<StuckReport>((resolve) => {
				get = resolve;
			});
			const stopped: (number | undefined)[] = [];
			const stop = async ({ graceMs }: { graceMs?: number } = {}) => void stopped.push(graceMs);
			this.processes.push({ get, stopped });
			const log = (message: string) => void this.told.push(message);
			return { exited: NEVER, stuck, stop, log, inFlight: 0, lastActiveMs: 0 } as unknown as Instance;
		}

		/** The present process gets stuck. */
		async get(stuck: StuckReport): Promise<void> {
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

	test("and does not respond is killed at once, and the next process answers requests", async () => {
		const world = new World();
		await world.supervisor.refresh();
		const first = world.supervisor.instance;
		await world.get(SILENT);
		expect(world.processes[0]?.stopped).toEqual([0]);
		const next = await world.supervisor.ensure();
		expect(next).toBeDefined();
		expect(next).not.toBe(first);
		expect(world.supervisor.state).toBe("live");
		expect(world.supervisor.error).toBeUndefined();
		expect(world.supervisor.replaced).toEqual({ count: 1, atMs: 42, ...SILENT });
		expect(world.told).toEqual([
			"The function's process is replaced (replacement 1 since the platform started): its event loop has not answered for 30 s. The next process starts at once.",
		]);
	});

	test("repeatedly is restarted after growing delays, until ten minutes pass without a replacement", async () => {
		const world = new World();
		await world.supervisor.refresh();
		await world.get(SILENT);
		const delays: number[] = [];
		for (let round = 0; round < 9; round++) {
			await vi.waitFor(() => expect(world.supervisor.state).toBe("live"));
			world.nowMs += 5 * 60_000;
			await world.get(SILENT);
			expect(world.supervisor.state).toBe("failed");
			expect(world.supervisor.error).toContain("not answered for 30 s");
			expect(await world.supervisor.ensure()).toBeUndefined();
			delays.push(world.runTask());
		}
		expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
		await vi.waitFor(() => expect(world.supervisor.state).toBe("live"));
		world.nowMs += 10 * 60_000;
		await world.get(SILENT);
		await vi.waitFor(() => expect(world.supervisor.state).toBe("live"));
		expect(world.told.at(-1)).toMatch(/\(replacement 11 since .* starts at once\.$/);
	});

	test("but still responds serves until the next process is ready, and is then drained", async () => {
		const world = new World();
		await world.supervisor.refresh();
		const first = world.supervisor.instance;
		world.isBroken = true;
		await world.get(UNANSWERED);
		await vi.waitFor(() => expect(world.tasks).toHaveLength(1));
		expect(world.supervisor.instance).toBe(first);
		world.isBroken = false;
		world.runTask();
		await vi.waitFor(() => expect(world.processes[0]?.stopped).toEqual([undefined]));
		expect(world.supervisor.instance).not.toBe(first);
		expect(world.supervisor.replaced).toMatchObject({ count: 1, reason: "unanswered" });
	});

	test("is ignored if the function is closed, has become idle, or has replaced the process already", async () => {
		const world = new World();
		await world.supervisor.refresh();
		await world.supervisor.deploy(DEPLOYMENT, async () => "committed");
		world.processes[0]?.get(SILENT);
		world.nowMs += 1_000_000;
		world.supervisor.stopIdle(1);
		world.processes[1]?.get(UNANSWERED);
		await world.supervisor.ensure();
		await world.supervisor.close();
		world.processes[2]?.get(SILENT);
		await new Promise((resolve) => setImmediate(resolve));
		expect(world.replaced).toEqual([]);
		expect(world.processes).toHaveLength(3);
	});
});
