/** Automations while the platform is stopped, and when it stops. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { createApi } from "../../../src/platform/api/api.ts";
import { Instances } from "../../../src/platform/gateway/instances.ts";
import { TestClient } from "../fixtures/client.ts";
import {
	logOf,
	openTestCoreIn,
	TestClock,
	type TestCore,
	type TestPlace,
	testPlace,
} from "../fixtures/core.ts";
import { newTestIdentity, TestVault } from "../fixtures/vault.ts";

const MINUTE_MS = 60_000;
const APP = "shop";
const GET = {
	method: "GET",
	target: "/",
	headers: ["host", "h"],
	body: null,
	maxBodyBytes: 0,
	timeoutMs: 10_000,
	requestId: "r",
};
const identity = newTestIdentity();
let place: TestPlace;
let clock: TestClock;
let platform: TestCore;

beforeEach(async () => {
	place = testPlace();
	clock = new TestClock();
	platform = await openTestCoreIn(place, { identity, clock });
});
afterEach(async () => {
	await platform[Symbol.asyncDispose]();
	place[Symbol.dispose]();
});

function start(): void {
	platform.core.automations.start({ host: "127.0.0.1:8080", timeoutMs: 10_000 });
}

/** Stops the platform for a time and starts it again. */
async function restart(forMs: number): Promise<void> {
	await platform[Symbol.asyncDispose]();
	clock.tasks.length = 0;
	clock.atMs += forMs;
	platform = await openTestCoreIn(place, { identity, clock });
	start();
	wake();
}

function wake(): void {
	for (const { task } of clock.tasks.splice(0)) task();
}

async function deploy(automations: readonly object[], code = "Deno.serve(() => new Response());") {
	const api = createApi({
		core: platform.core,
		hosts: { bound: "127.0.0.1", names: [] },
		listenUrl: "http://127.0.0.1:8080",
	});
	const client = new TestClient(
		(path, init) => api(new Request(`http://127.0.0.1${path}`, init)),
		platform.token,
	);
	const vault = new TestVault();
	vault.add(identity, "reader", "platform");
	await client.createApp(APP, vault);
	const event = await client.deploy(APP, {
		"functions/f/index.ts": code,
		"functions/f/function.jsonc": JSON.stringify({ automations }),
	});
	expect(event[0]).toMatchObject({ result: { status: "deployed" } });
}

const scheduled = (name: string, more: object) => ({ name, type: "scheduled", ...more });
const once = (name: string, atMs: number) =>
	scheduled(name, { schedule_mode: "one-time", one_time_date: new Date(atMs).toISOString() });
const every = (name: string, minutes: number, more: object = {}) =>
	scheduled(name, {
		schedule_mode: "recurring",
		schedule_type: "simple",
		repeat_unit: "minutes",
		repeat_interval: minutes,
		...more,
	});

async function outcomes(): Promise<string[]> {
	const lines = await platform.core.logs.read(...logOf(platform, APP, "f"), { limit: 100 });
	return lines.flatMap(({ message }) => /^automation "(.*?)": (\S+)/.exec(message)?.slice(1).join(" ") ?? []);
}

test("a date that passed during a stop runs once at the start; missed recurring runs are skipped", async () => {
	start();
	const atMs = clock.atMs;
	await deploy([once("missed", atMs + 5 * MINUTE_MS), every("often", 1)]);
	await restart(10 * MINUTE_MS + 1_000);
	await expect.poll(outcomes).toEqual(["missed answered"]);
	expect(platform.core.automations.of(APP, "f")).toMatchObject([
		{ runs: 1, lastDueMs: atMs + 5 * MINUTE_MS, nextMs: undefined },
		{ runs: 0, nextMs: atMs + 11 * MINUTE_MS },
	]);
	await restart(0);
	await restart(MINUTE_MS);
	expect(await outcomes()).toEqual(["missed answered"]);
});

test("nothing runs twice if the clock is set back while the platform is stopped, and the count continues", async () => {
	start();
	const startMs = clock.atMs;
	await deploy([every("thrice", 1, { ends_type: "after", ends_after_count: 3 })]);
	const minute = async (count: number) => {
		clock.atMs += MINUTE_MS;
		wake();
		await expect.poll(async () => (await outcomes()).length).toBe(count);
	};
	await minute(1);
	await minute(2);
	await restart(-2 * MINUTE_MS);
	expect(platform.core.automations.of(APP, "f")).toMatchObject([
		{ runs: 2, nextMs: startMs + 3 * MINUTE_MS },
	]);
	clock.atMs = startMs + 3 * MINUTE_MS;
	wake();
	await expect.poll(async () => (await outcomes()).length).toBe(3);
	expect(platform.core.automations.of(APP, "f")).toMatchObject([{ runs: 3, nextMs: undefined }]);
});

test("a run starts only after it is recorded", async () => {
	start();
	await deploy([every("a", 1)]);
	const { store } = platform.core;
	const append = store.append.bind(store);
	let write = () => {};
	const isWritten = new Promise<void>((resolve) => {
		write = resolve;
	});
	let writing = 0;
	store.append = async (stream, ...rest) => {
		if (stream.startsWith("schedule/")) {
			writing++;
			await isWritten;
		}
		return await append(stream, ...rest);
	};
	clock.atMs += MINUTE_MS;
	wake();
	await expect.poll(() => writing).toBe(1);
	const app = platform.core.apps.get(APP);
	const slot = platform.core.functionsOf(app).supervisor("f");
	// A complete other request happens meanwhile, so the run had enough time.
	const others = new Instances(() => slot.instance);
	const lease = await others.lease(APP, "f", (release) => release());
	if ("status" in lease) throw new Error(lease.code);
	await new Promise<void>((onEnd, onFailed) => {
		const ignore = () => undefined;
		lease.pool.send(GET, { onHead: ignore, onData: ignore, onRead: ignore, onEnd, onFailed });
	});
	others.close();
	expect([slot.instance?.inFlight, await outcomes()]).toEqual([0, []]);
	write();
	await expect.poll(outcomes).toEqual(["a answered"]);
});

test("a run that cannot be recorded does not start, and that is reported", async () => {
	start();
	await deploy([every("a", 1)]);
	const { store } = platform.core;
	const append = store.append.bind(store);
	store.append = async (stream, ...rest) => {
		if (stream.startsWith("schedule/")) throw new Error("the disk is full");
		return await append(stream, ...rest);
	};
	clock.atMs += MINUTE_MS;
	wake();
	await expect.poll(outcomes).toEqual(["a did"]);
	store.append = append;
	clock.atMs += MINUTE_MS;
	wake();
	await expect.poll(outcomes).toEqual(["a did", "a answered"]);
	expect(platform.core.automations.of(APP, "f")).toMatchObject([{ runs: 1 }]);
	const { text } = await platform.core.metrics.text();
	expect(text).toContain(`coffer_automation_runs_total{app="${APP}",function="f",outcome="failed"} 1`);
});

test("a run in progress is cut off after the grace period when the platform stops, and reported", async () => {
	start();
	await deploy([every("long", 1)], "Deno.serve(() => new Promise(() => {}));");
	clock.atMs += MINUTE_MS;
	wake();
	const app = platform.core.apps.get(APP);
	const running = () => platform.core.functionsOf(app).supervisor("f").instance?.inFlight;
	await expect.poll(running).toBe(1);
	const closed = platform.core.automations.close(5_000);
	await expect.poll(() => clock.tasks.some(({ delayMs }) => delayMs === 5_000)).toBe(true);
	wake();
	await closed;
	await expect.poll(outcomes).toEqual(["long failed"]);
	const [{ message = "" } = {}] = await platform.core.logs.read(...logOf(platform, APP, "f"), { limit: 1 });
	expect(message).toContain("The platform stopped before");
	expect(running()).toBe(0);
});
