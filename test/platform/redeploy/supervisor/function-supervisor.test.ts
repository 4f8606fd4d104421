import { expect, test, vi } from "vitest";
import type { Deployment } from "../../../../src/platform/functions/function.ts";
import { FunctionSupervisor } from "../../../../src/platform/redeploy/function-supervisor.ts";
import type { Started } from "../../../../src/platform/redeploy/supervisor-port.ts";
import type { ExitReason, Instance } from "../../../../src/platform/runtime/runtime.ts";
import { DEPLOYMENT, NEVER, Starts } from "./supervisor-fixture.ts";

test("a function whose secrets change during its start is started again with the new ones", async () => {
	const starts = new Starts();
	const supervisor = new FunctionSupervisor(starts);
	const first = supervisor.refresh();
	(await starts.next()).finish();
	await first;
	supervisor.stopIdle(1);
	expect(supervisor.state).toBe("idle");

	const request = supervisor.ensure();
	const waking = await starts.next();
	starts.secrets = 2;
	const change = supervisor.refresh();
	waking.finish();
	await request;
	const restarted = await starts.next();
	expect(restarted.moment.changes).toBe(2);
	restarted.finish();
	expect(await change).toEqual({ status: "live" });
});

test("a function that ended and cannot be restarted is tried again after growing delays", async () => {
	const starts = new Starts();
	const tasks: { run: () => void; delayMs: number }[] = [];
	const delays: number[] = [];
	let end: (reason: ExitReason) => void = () => {};
	let isAway = false;
	const supervisor = new FunctionSupervisor({
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
			return { instance, deployment, moment: { changes: 1, local: 0 } };
		},
	});
	await supervisor.refresh();
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
	await vi.waitFor(() => expect(supervisor.state).toBe("live"));
	expect(tasks).toEqual([]);
});

test("a function whose start for a request failed is not started at once for further requests", async () => {
	const starts = new Starts();
	let nowMs = 1_000_000;
	let tries = 0;
	let isBroken = true;
	const supervisor = new FunctionSupervisor(
		{
			...starts,
			monotonicMs: () => nowMs,
			start: async (deployment: Deployment, begin: () => void): Promise<Started> => {
				begin();
				tries++;
				if (isBroken) throw new Error("the database is away");
				const instance = { exited: NEVER, stuck: NEVER, inFlight: 0, lastActiveMs: nowMs };
				return { instance: instance as unknown as Instance, deployment, moment: { changes: 1, local: 0 } };
			},
		},
		true,
	);
	const ask = async () => {
		for (let request = 0; request < 5; request++) await supervisor.ensure();
		return tries;
	};
	expect(await ask()).toBe(1);
	expect(supervisor.state).toBe("failed");
	nowMs += 499;
	expect(await ask()).toBe(1);
	nowMs += 1;
	expect(await ask()).toBe(2);
	nowMs += 999;
	expect(await ask()).toBe(2);
	nowMs += 1;
	isBroken = false;
	expect(await ask()).toBe(3);
	expect(supervisor.state).toBe("live");
});

test("a function that ends repeatedly is restarted after growing delays of at most a minute, until it has run long enough", async () => {
	const starts = new Starts();
	let nowMs = 0;
	const tasks: { run: () => void; delayMs: number }[] = [];
	let end: (reason: ExitReason) => void = () => {};
	const supervisor = new FunctionSupervisor({
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
			return { instance, deployment, moment: { changes: 1, local: 0 } };
		},
	});
	/** Ends the process after some time, and restarts it. @returns the delay of the restart */
	const crashAfter = async (livedMs: number): Promise<number> => {
		nowMs += livedMs;
		end({ code: 1, signal: null, stderr: "" });
		await vi.waitFor(() => expect(tasks).toHaveLength(1));
		expect(supervisor.state).toBe("failed");
		const task = tasks.shift();
		nowMs += task?.delayMs ?? 0;
		task?.run();
		await vi.waitFor(() => expect(supervisor.state).toBe("live"));
		return task?.delayMs ?? -1;
	};
	await supervisor.refresh();
	const delays: number[] = [];
	for (let crash = 0; crash < 9; crash++) delays.push(await crashAfter(1_000));
	expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
	expect(await crashAfter(29_999)).toBe(60_000);
	expect(await crashAfter(30_000)).toBe(0);
	expect(await crashAfter(1)).toBe(500);
});

test("a new version that does not start does not prevent the idle version from starting", async () => {
	const starts = new Starts();
	const broken = { ...DEPLOYMENT, id: "d2" };
	const supervisor = new FunctionSupervisor(
		{
			...starts,
			start: async (deployment: Deployment, begin: () => void): Promise<Started> => {
				begin();
				if (deployment === broken) throw new Error("it throws at import");
				const instance = { exited: NEVER, stuck: NEVER, inFlight: 0, lastActiveMs: 0 };
				return { instance: instance as unknown as Instance, deployment, moment: { changes: 1, local: 0 } };
			},
		},
		true,
	);
	for (let attempt = 0; attempt < 3; attempt++)
		expect(await supervisor.deploy(broken, async () => "committed")).toMatchObject({ status: "failed" });
	expect(await supervisor.ensure()).toBeDefined();
});

test("the outcome of a failed start says whether an earlier version serves", async () => {
	const starts = new Starts();
	let isBroken = true;
	const start = (deployment: Deployment, begin: () => void): Promise<Started> => {
		if (isBroken) return Promise.reject(new Error("no such key"));
		const started = starts.start(deployment, begin);
		starts.inProgress.shift()?.finish();
		return started;
	};
	const supervisor = new FunctionSupervisor({ ...starts, start });
	expect(await supervisor.refresh()).toMatchObject({ status: "failed", serving: false });
	isBroken = false;
	expect(await supervisor.refresh()).toEqual({ status: "live" });
	isBroken = true;
	expect(await supervisor.refresh()).toMatchObject({ status: "failed", serving: true });
});
