import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChangesPage } from "../../src/protocol/messages.ts";
import { Remote } from "../../src/sync/remote.ts";
import { syncEnvironment } from "../../src/sync/sync.ts";
import { type WatchEvent, watchProject } from "../../src/sync/watch.ts";
import { TestProject } from "../project/project.ts";
import { linkProject, openTestPlatform, type TestPlatform } from "./linked-fixture.ts";

let platform: TestPlatform;

beforeAll(async () => {
	platform = await openTestPlatform();
});
afterAll(async () => await platform[Symbol.asyncDispose]());

/** Tells of each reading of the log. */
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

test("an error that nobody foresaw ends the watch, and leaves nothing that keeps the process going", async () => {
	using project = await TestProject.create();
	const { binding } = await linkProject(platform, project.context, "watch-fault");
	const remote = toldRemote();
	remote.onRead = () => {
		throw new TypeError("unforeseen");
	};
	const before = openWatchers();
	const { signal } = new AbortController();
	const watch = watchProject(project.context, { binding, remote }, { signal, onEvent: () => {} });
	await expect(watch).rejects.toThrow("unforeseen");
	// Handles are gone two turns after they were closed.
	for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
	expect(openWatchers()).toBe(before);
});

test("a name that is older here is told once, however often it is looked at", async () => {
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
	await watchProject(project.context, { binding, remote }, options);
	const failures = events.flatMap((event) => (event.event === "failed" ? [event.code] : []));
	expect(failures).toEqual(["SYNC_ROLLED_BACK"]);
});
