import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AppError, EXIT } from "../../src/errors.ts";
import { bindingOf, platformOf, readConfig } from "../../src/project/files/config.ts";
import type { ChangesPage } from "../../src/protocol/messages.ts";
import { syncEnvironment } from "../../src/sync/changes/sync.ts";
import { Remote } from "../../src/sync/client/platform-client.ts";
import { type WatchEvent, watchProject } from "../../src/sync/watch.ts";
import { DeletedFunctions } from "../../src/sync/watching/deleted-functions.ts";
import { FunctionFailures, WorkFailures } from "../../src/sync/watching/failures.ts";
import { TestProject } from "../project/project.ts";
import { linkProject, openTestPlatform, type TestPlatform } from "./linked-fixture.ts";

let platform: TestPlatform;

beforeAll(async () => {
	platform = await openTestPlatform();
});
afterAll(async () => await platform[Symbol.asyncDispose]());

/** Reports each reading of the log. */
class ToldRemote extends Remote {
	onRead: () => Promise<void> | void = () => {};

	override async readChanges(app: string, after: number): Promise<ChangesPage> {
		await this.onRead();
		return super.readChanges(app, after);
	}
}

function toldRemote(): ToldRemote {
	return new ToldRemote({ url: platform.url, token: platform.core.token });
}

function openWatchers(): number {
	return process.getActiveResourcesInfo().filter((name) => name.startsWith("FSEvent")).length;
}

test("an unexpected error ends the watch, and nothing keeps the process running", async () => {
	using project = await TestProject.create();
	const { binding } = await linkProject(platform, project.context, "watch-fault");
	const remote = toldRemote();
	remote.onRead = () => {
		throw new TypeError("unforeseen");
	};
	const before = openWatchers();
	const { signal } = new AbortController();
	const watch = watchProject(project.context, async () => ({ binding, remote }), {
		signal,
		onEvent: () => {},
	});
	await expect(watch).rejects.toThrow("unforeseen");
	// Closed handles disappear after two turns of the event loop.
	for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
	expect(openWatchers()).toBe(before);
});

test("a name that is older on this side is reported once, however often it is checked", async () => {
	using project = await TestProject.create();
	await project.set({ KEY: "first" });
	const { binding, remote: usual } = await linkProject(platform, project.context, "watch-older");
	const linked = await project.read();
	await project.set({ KEY: "second" });
	await syncEnvironment(project.context, { binding, remote: usual });
	await project.write(linked);
	const remote = toldRemote();
	const stop = new AbortController();
	let reads = 0;
	remote.onRead = async () => {
		reads++;
		if (reads === 4) stop.abort();
		else await project.write(linked);
	};
	const events: WatchEvent[] = [];
	const options = { signal: stop.signal, onEvent: (event: WatchEvent) => events.push(event) };
	await watchProject(project.context, async () => ({ binding, remote }), options);
	const failures = events.flatMap((event) => (event.event === "failed" ? [event.code] : []));
	expect(failures).toEqual(["SYNC_ROLLED_BACK"]);
});

test("a link that changes is followed, and nothing more is sent to the earlier app", async () => {
	using project = await TestProject.create();
	await project.set({ KEY: "first" });
	const before = await linkProject(platform, project.context, "watch-before");
	const stop = new AbortController();
	const events: WatchEvent[] = [];
	const connect = async () => {
		const binding = platformOf(bindingOf(await readConfig(project.context.root), "production"));
		if (binding === undefined)
			throw new AppError({ code: "NOT_LINKED", message: "", hint: "", exit: EXIT.usage });
		return { binding, remote: toldRemote() };
	};
	const onEvent = (event: WatchEvent) => {
		events.push(event);
		// The last task of this link.
		if (event.event === "synced" && event.sent.includes("LATER")) stop.abort();
	};
	const watch = watchProject(project.context, connect, { signal: stop.signal, onEvent });
	await linkProject(platform, project.context, "watch-after");
	await project.set({ LATER: "second" });
	await watch;
	expect(events).toContainEqual({ event: "relinked", app: "watch-after", platform: platform.url });
	expect((await before.remote.readChanges("watch-before", 0)).entries).toHaveLength(1);
});

test("a token that is refused is replaced by the one that this device has now", async () => {
	using project = await TestProject.create();
	await project.set({ KEY: "first" });
	const { binding } = await linkProject(platform, project.context, "watch-token");
	const refused = new Remote({ url: platform.url, token: `${platform.core.token.slice(0, -4)}AAAA` });
	const remotes = [refused, toldRemote()];
	const connect = async () => ({ binding, remote: remotes.shift() ?? toldRemote() });
	const stop = new AbortController();
	const events: string[] = [];
	const onEvent = (event: WatchEvent) => {
		events.push("code" in event ? `${event.event} ${event.code}` : event.event);
		if (event.event === "recovered") stop.abort();
		// In place of the next poll.
		if (event.event === "failed") void project.set({ KEY: "second" });
	};
	await watchProject(project.context, connect, { signal: stop.signal, onEvent });
	expect(events.slice(1)).toEqual(["failed TOKEN_INVALID", "synced", "recovered TOKEN_INVALID", "stopped"]);
});

describe("repeated events", () => {
	const unreachable = (message: string) =>
		new AppError({ code: "PLATFORM_UNREACHABLE", message, hint: "", exit: EXIT.network });
	const broken = new AppError({
		code: "SOURCE_SYNTAX",
		message: "It does not parse.",
		hint: "",
		exit: EXIT.usage,
	});

	test("a failure is reported when it changes and when it has ended", () => {
		const failures = new WorkFailures();
		const kindOf = (event: WatchEvent | undefined) => event?.event;
		expect(failures.worked("sync")).toBeUndefined();
		expect(kindOf(failures.failed("sync", unreachable("gone")))).toBe("out-of-reach");
		expect(failures.failed("sync", unreachable("gone"))).toBeUndefined();
		// The other work uses the same platform.
		expect(failures.failed("deploy", unreachable("gone"))).toBeUndefined();
		expect(kindOf(failures.failed("sync", unreachable("silent")))).toBe("out-of-reach");
		expect(failures.worked("sync")).toEqual({
			event: "recovered",
			work: "sync",
			code: "PLATFORM_UNREACHABLE",
		});
		expect(failures.worked("deploy")).toBeUndefined();
		expect(kindOf(failures.failed("deploy", broken))).toBe("failed");
		expect(failures.worked("sync")).toBeUndefined();
		expect(failures.failed("deploy", broken)).toBeUndefined();
		expect(kindOf(failures.worked("deploy"))).toBe("recovered");
		expect(kindOf(failures.failed("deploy", broken))).toBe("failed");
	});

	test("a task that was refused stays known as such until it works", () => {
		const failures = new WorkFailures();
		expect(failures.refused).toEqual([]);
		failures.failed(
			"deploy",
			new AppError({ code: "TOKEN_SCOPE", message: "", hint: "", exit: EXIT.unauthorised }),
		);
		failures.failed("sync", unreachable("gone"));
		expect(failures.refused).toEqual(["deploy"]);
		failures.worked("deploy");
		expect(failures.refused).toEqual([]);
	});

	test("a failing function is reported briefly if its own files changed, and not if another function's files did", () => {
		const failures = new FunctionFailures();
		const result = (status: "failed" | "deployed" | "unchanged", error?: string) =>
			failures.done({ name: "pay", status, url: "u", ...(error !== undefined && { error }) });
		const sources = (text: string) => failures.note("pay", new Map([["pay.ts", Buffer.from(text)]]));
		sources("1");
		expect(result("unchanged")).toBeUndefined();
		expect(result("failed", "no")).toMatchObject({ event: "function" });
		expect(result("failed", "no")).toBeUndefined();
		sources("2");
		expect(result("failed", "no")).toMatchObject({ again: true });
		expect(result("failed", "not that either")).not.toHaveProperty("again");
		expect(result("unchanged")).toMatchObject({ result: { status: "unchanged" } });
		expect(result("unchanged")).toBeUndefined();
		expect(result("failed", "no")).toMatchObject({ event: "function" });
	});

	test("a function counts as deleted after it is missing for some time, and not if it comes back", () => {
		const gone = new DeletedFunctions();
		expect(gone.look(["a", "b"], 0)).toEqual({ deleted: [], missed: [], againMs: undefined });
		expect(gone.look([], 100)).toEqual({ deleted: [], missed: ["a", "b"], againMs: 2_000 });
		expect(gone.look(["b"], 600)).toEqual({ deleted: [], missed: [], againMs: 1_500 });
		expect(gone.look(["b"], 2_100)).toEqual({ deleted: ["a"], missed: [], againMs: undefined });
		// Repeated until it was deleted there, because the platform may be unreachable.
		expect(gone.look(["b"], 9_000).deleted).toEqual(["a"]);
		gone.forget(["a"]);
		expect(gone.look(["b"], 9_001)).toEqual({ deleted: [], missed: [], againMs: undefined });
	});

	test("while git changes files nothing counts as deleted, and the delay begins when git has finished", () => {
		const gone = new DeletedFunctions();
		gone.look(["a"], 0);
		expect(gone.look([], 100, true)).toEqual({ deleted: [], missed: ["a"], againMs: 2_000 });
		expect(gone.look([], 60_000, true)).toEqual({ deleted: [], missed: [], againMs: 2_000 });
		expect(gone.look([], 61_000)).toEqual({ deleted: [], missed: [], againMs: 1_000 });
		expect(gone.look([], 62_000).deleted).toEqual(["a"]);
	});
});
