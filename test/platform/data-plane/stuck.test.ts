/** A data plane whose process exists but does not answer. */
import { rmSync, writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { ChannelClosed } from "../../../src/platform/channel/channel.ts";
import { watch } from "../../../src/platform/data-plane/client/stuck.ts";
import { NO_LOG } from "../../../src/platform/faults/log.ts";
import { stopLeftDataPlane } from "../../../src/platform/stop-left.ts";
import { APP, Story } from "../fixtures/platform-story.ts";

const FILES = { "functions/pay/index.ts": 'Deno.serve(() => new Response(Deno.env.get("PAY_KEY")));' };

/** Waits for a promise while the time goes faster than the real one. */
async function hurried<T>(promise: Promise<T>): Promise<T> {
	let isSettled = false;
	const end = () => {
		isSettled = true;
	};
	promise.then(end, end);
	while (!isSettled) {
		await vi.advanceTimersByTimeAsync(100);
		await setImmediate();
	}
	return await promise;
}

describe("a suspended data plane that a platform left running", () => {
	let story: Story;
	let pid = 0;
	beforeEach(async () => {
		story = new Story(1);
		onTestFinished(() => story[Symbol.asyncDispose]());
		await story.start();
		await story.send("PAY_KEY", 1, "v1");
		await story.client.deploy(APP, FILES);
		await story.handOver();
		[pid = 0] = await story.processes("data-plane.cjs");
		process.kill(pid, "SIGSTOP");
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
	});
	afterEach(() => vi.useRealTimers());

	test("is named by the next platform, and served again after it is resumed", async () => {
		await expect(hurried(story.start())).rejects.toMatchObject({
			code: "FUNCTIONS_UNRESPONSIVE",
			exit: 1,
			message: expect.stringContaining(`(process ${pid})`),
			hint: expect.stringContaining("coffer platform stop"),
		});
		vi.useRealTimers();
		process.kill(pid, "SIGCONT");
		await story.start();
		expect(await story.processes("data-plane.cjs")).toEqual([pid]);
		expect(await story.body("pay")).toBe("v1");
	});

	test("is killed by 'platform stop', and the next platform starts the functions again", async () => {
		expect(await hurried(stopLeftDataPlane(story.data))).toEqual({ stopped: true, killed: pid });
		vi.useRealTimers();
		await vi.waitFor(async () => expect(await story.processes("gateway.cjs")).toEqual([]));
		await story.start();
		expect(await story.body("pay")).toBe("v1");
	});
});

test("a platform whose data plane has ended and cannot be started again still stops", async () => {
	await using story = new Story(1);
	let onFailed = () => {};
	const failed = new Promise<void>((resolve) => {
		onFailed = resolve;
	});
	const error = (_: unknown, message: string) => message.includes("could not be started") && onFailed();
	await story.start({ ...NO_LOG, error } as unknown as typeof NO_LOG);
	const [pid = 0] = await story.processes("data-plane.cjs");
	rmSync(story.data, { recursive: true });
	writeFileSync(story.data, "");
	process.kill(pid, "SIGKILL");
	await failed;
	await story.platform.close();
});

describe("watching a running data plane", () => {
	type Watched = Parameters<typeof watch>[0];
	/** A channel whose calls are answered by a function. */
	const channelOf = (call: () => Promise<never>, closed = new Promise<void>(() => {})) =>
		({ call, closed }) as unknown as Watched;

	beforeEach(() => void vi.useFakeTimers());
	afterEach(() => vi.useRealTimers());

	test("it is stuck after half a minute without an answer, once", async () => {
		const onStuck = vi.fn();
		watch(
			channelOf(() => new Promise(() => {})),
			onStuck,
		);
		await vi.advanceTimersByTimeAsync(34_000);
		expect(onStuck).not.toHaveBeenCalled();
		await vi.advanceTimersByTimeAsync(60_000);
		expect(onStuck).toHaveBeenCalledTimes(1);
	});

	test("any answer shows that it works, also that of an earlier version; a closed channel is not asked", async () => {
		const onStuck = vi.fn();
		const call = vi.fn(async () => await Promise.reject(new Error("There is no call ping.")));
		let close = () => {};
		const closed = new Promise<void>((resolve) => {
			close = resolve;
		});
		watch(channelOf(call, closed), onStuck);
		await vi.advanceTimersByTimeAsync(120_000);
		expect(call.mock.calls.length).toBeGreaterThan(10);
		close();
		await vi.advanceTimersByTimeAsync(0);
		call.mockImplementation(async () => await Promise.reject(new ChannelClosed("closed")));
		const asked = call.mock.calls.length;
		await vi.advanceTimersByTimeAsync(120_000);
		expect(call).toHaveBeenCalledTimes(asked);
		expect(onStuck).not.toHaveBeenCalled();
	});
});
