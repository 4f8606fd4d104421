import { expect, test } from "vitest";
import { appLines, backupLine } from "../../../src/cli/views/node-lines.ts";
import type { BackupRecord, PlatformStatus } from "../../../src/protocol/nodes.ts";

const DAY_MS = 86_400_000;

const backup = (createdMs: number): BackupRecord => ({
	...{ createdMs, name: "b1", bytes: 1, apps: 1, functions: 1, manifest: "0".repeat(64) },
});

test("the newest backup is named with its age, and one older than a week is a warning", () => {
	const nowMs = 100 * DAY_MS;
	const lineOf = (ageMs: number) => backupLine([backup(nowMs - ageMs), backup(1)], nowMs);
	expect(lineOf(3 * 3_600_000)).toEqual({ line: "The newest backup, b1, is 3 hours old.", isWarning: false });
	expect(lineOf(7 * DAY_MS)).toEqual({ line: "The newest backup, b1, is 7 days old.", isWarning: false });
	expect(lineOf(8 * DAY_MS)).toMatchObject({
		line: expect.stringContaining("8 days old. Make"),
		isWarning: true,
	});
	expect(lineOf(-5_000).line).toContain("is 0 minutes old");
	// Without this, no warning would come until long after that time.
	expect(lineOf(-2 * DAY_MS)).toMatchObject({
		line: expect.stringContaining("b1, is from 1970-04-13 00:00 UTC, which is in the future"),
		isWarning: true,
	});
});

test("a platform without a backup is a warning, and one of an earlier version says nothing", () => {
	expect(backupLine([], 0)).toMatchObject({ isWarning: true, line: expect.stringContaining("No backup") });
	expect(backupLine(null, 0)).toMatchObject({
		isWarning: true,
		line: expect.stringContaining("cannot be read"),
	});
	expect(backupLine(undefined, 0)).toEqual({ line: "", isWarning: false });
});

test("a node says with which apps it is not as far as the others", () => {
	const node: PlatformStatus["nodes"][number] = {
		...{ node: "0123456789", self: true, version: "1", control: "", startedAtMs: 0, stopping: false },
		...{ revision: 1, functions: { live: 1, idle: 0, failed: 0 } },
		apps: [
			{ app: "shop", phase: "trying", failed: [] },
			{ app: "mail", phase: "failed", failed: ["pay", "send"] },
			{ app: "blog", phase: "following", failed: [] },
		],
	};
	expect(appLines(node)).toEqual([
		"Node 01234567 tries a change of app shop before the other nodes.",
		"Node 01234567: pay, send of app mail did not start there. Earlier versions still serve.",
		"Node 01234567 has not followed the newest change of app blog yet.",
	]);
	const { apps: _, ...earlier } = node;
	expect(appLines(earlier)).toEqual([]);
});
