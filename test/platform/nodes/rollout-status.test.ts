/** How far nodes are with an app, as far as they show it. */
import { describe, expect, test } from "vitest";
import type { NodeInfo } from "../../../src/platform/nodes/announcement.ts";
import { rolloutStatuses } from "../../../src/platform/nodes/rollout-status.ts";

const APP = "shop";

const node = (name: string, more: Partial<NodeInfo> = {}): NodeInfo => ({
	...{ node: name, version: "1", control: "", address: "", ticket: "", startedAtMs: 0, isStopping: false },
	...{ platformRevision: 1, functions: { live: 0, idle: 0, failed: 0 }, trying: [], progress: [] },
	...more,
});

const at = (revision: number, failed: string[] = []) => ({ progress: [{ app: APP, revision, failed }] });

const phases = (nodes: readonly NodeInfo[], known = 0) =>
	rolloutStatuses(nodes, APP, known).map(({ phase }) => phase);

describe("a node", () => {
	test("has followed what no node is ahead of, and follows what one is", () => {
		expect(phases([node("a", at(3)), node("b", at(3))], 3)).toEqual(["followed", "followed"]);
		expect(phases([node("a", at(3)), node("b", at(4))], 3)).toEqual(["following", "followed"]);
		expect(phases([node("a", at(3))], 4)).toEqual(["following"]);
	});

	test("says which functions did not start, once it has followed", () => {
		expect(rolloutStatuses([node("a", at(3, ["pay"]))], APP, 3)).toEqual([
			{ node: "a", phase: "failed", revision: 3, failed: ["pay"] },
		]);
		expect(phases([node("a", at(3, ["pay"]))], 4)).toEqual(["following"]);
	});

	test("that tries a change does so whatever it has followed, unless it stops", () => {
		expect(phases([node("a", { ...at(3), trying: [APP] })], 3)).toEqual(["trying"]);
		expect(phases([node("a", { ...at(3), trying: ["mail"] })], 3)).toEqual(["followed"]);
		expect(phases([node("a", { ...at(3), trying: [APP], isStopping: true })], 3)).toEqual(["stopping"]);
	});

	test("that has followed nothing yet differs from one that has no room to show it", () => {
		expect(phases([node("a")], 3)).toEqual(["following"]);
		const others = Array.from({ length: 100 }, (_, index) => ({ app: `${index}`, revision: 1, failed: [] }));
		expect(phases([node("a", { progress: others })], 3)).toEqual(["unknown"]);
	});
});
