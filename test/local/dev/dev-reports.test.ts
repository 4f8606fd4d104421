/** Which events `coffer dev` sends, and which it does not repeat. */
import { beforeEach, expect, test } from "vitest";
import { DevReports } from "../../../src/local/dev/dev-reports.ts";
import { eventLog } from "../../../src/local/dev/event-log.ts";
import type { DevEvent } from "../../../src/local/dev/events.ts";
import { LiveLogs } from "../../../src/local/dev/live-logs.ts";

const NOTHING = { files: [], secrets: [] };
const URL = "http://127.0.0.1:1";

let events: DevEvent[];
let serving: Set<string>;
let reports: DevReports;
beforeEach(() => {
	events = [];
	serving = new Set();
	const platform = { url: URL, serves: (name: string) => serving.has(name) };
	reports = new DevReports(platform, (event) => events.push(event));
});

/** The events since the last call, without times. */
function sent(): object[] {
	return events.splice(0).map((event) => {
		const { ms, ...rest } = { ms: 0, ...event };
		expect(ms).toBeGreaterThanOrEqual(0);
		return rest;
	});
}

test("a function starts, restarts, and starts anew after it was removed", () => {
	const deploy = () => reports.deployed({ name: "a", status: "deployed" }, NOTHING, performance.now());
	const started = { event: "started", function: "a", url: `${URL}/a`, cause: NOTHING };
	deploy();
	deploy();
	reports.removed("a");
	deploy();
	expect(sent()).toEqual([
		{ ...started, restarted: false },
		{ ...started, restarted: true },
		{ event: "removed", function: "a" },
		{ ...started, restarted: false },
	]);
});

test("the same failure is reported again only after a change of files", () => {
	const fail = (error: string, files: string[] = []) =>
		reports.deployed({ name: "a", status: "failed", error }, { files, secrets: [] }, performance.now());
	const failed = { event: "failed", function: "a", serving: false };
	fail("no key");
	fail("no key");
	expect(sent()).toEqual([{ ...failed, cause: NOTHING, error: "no key" }]);
	expect(reports.failed).toEqual(["a"]);
	serving.add("a");
	fail("no key", ["a.ts"]);
	fail("other");
	expect(sent()).toEqual([
		{ ...failed, serving: true, cause: { files: ["a.ts"], secrets: [] }, error: "no key" },
		{ ...failed, serving: true, cause: NOTHING, error: "other" },
	]);
	reports.deployed({ name: "a", status: "unchanged" }, NOTHING, performance.now());
	expect(sent()).toEqual([{ event: "unchanged", function: "a", cause: NOTHING, idle: false }]);
	expect(reports.failed).toEqual([]);
});

test("a changed secret restarts a function, fails, or leaves it idle; each name is listed once", () => {
	const reasons = ["B", "A", "B"].map((name) => ({ name, how: "static" as const, file: "a.ts", line: 1 }));
	const redeploy = (status: "idle" | "failed" | "redeployed", more: object = {}) =>
		reports.redeployed({ function: "a", status, reasons, ...more } as never, performance.now());
	const cause = { files: [], secrets: ["A", "B"] };
	redeploy("idle");
	redeploy("failed", { error: "no", serving: true });
	redeploy("redeployed");
	expect(sent()).toEqual([
		{ event: "unchanged", function: "a", cause, idle: true },
		{ event: "failed", function: "a", cause, error: "no", serving: true },
		{ event: "started", function: "a", url: `${URL}/a`, cause, restarted: false },
	]);
});

test("a warning about the vault is sent once", () => {
	reports.warn(["older", "older"]);
	reports.warn(["older", "other"]);
	expect(sent()).toEqual([
		{ event: "caution", message: "older" },
		{ event: "caution", message: "other" },
	]);
});

test("only errors of the platform's own log are sent", () => {
	const log = eventLog((event) => events.push(event));
	log.info({ a: 1 }, "started");
	log.warn({ a: 1 }, "slow");
	log.error({ function: "a" }, "a deployment failed");
	expect(sent()).toEqual([{ event: "internal", message: 'a deployment failed {"function":"a"}' }]);
});

test("lines and requests are passed on when they arrive, and none is kept", async () => {
	const passed: unknown[] = [];
	const logs = new LiveLogs(
		(lifetime, line) => passed.push([lifetime, line.message]),
		(lifetime, line) => passed.push([lifetime, line.path]),
	);
	logs.append("app", "f1", { time: "", level: "info", message: "hello" });
	logs.requests.append("app", "f1", { path: "/x" } as never);
	expect(passed).toEqual([
		["f1", "hello"],
		["f1", "/x"],
	]);
	expect(await logs.read()).toEqual([]);
	expect((await logs.follow()).lines).toEqual([]);
});
