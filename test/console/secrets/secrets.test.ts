import { expect, test } from "vitest";
import {
	byDay,
	type HistoryEntry,
	redeployedText,
	versionsOf,
	versionText,
} from "../../../src/console/secrets/history.ts";
import { readersOf } from "../../../src/console/secrets/readers.ts";

const entry = (
	revision: number,
	atMs: number | null,
	statuses: readonly ("live" | "failed")[] = [],
): HistoryEntry => ({
	...{ revision, atMs, by: "writer", members: false, records: [] },
	redeployed: statuses.map((status, index) => ({ function: `f${index}`, status, ms: 1 })),
});

test("the history is grouped by day, in its order, and entries without a time stay together", () => {
	const days = byDay([entry(5, 200), entry(4, 150), entry(3, 50), entry(2, null), entry(1, null)], (atMs) =>
		String(Math.floor(atMs / 100)),
	);
	expect(days.map(({ day, entries }) => [day, entries.map(({ revision }) => revision)])).toEqual([
		["2", [5]],
		["1", [4]],
		["0", [3]],
		["", [2, 1]],
	]);
});

test("an entry says what became of the functions", () => {
	expect(redeployedText(entry(1, 1))).toBe("No function was redeployed.");
	expect(redeployedText(entry(1, 1, ["live"]))).toBe("1 function redeployed.");
	expect(redeployedText(entry(1, 1, ["live", "failed", "failed"]))).toBe("3 functions redeployed, 2 failed.");
});

test("the readers of a secret are those with a reference, and beside them those that may read any", () => {
	const base = { url: "", state: "live" as const, pid: null, deployment: "", dynamic: [] };
	const readers = readersOf(
		[
			{ ...base, name: "pay", references: [{ name: "KEY", file: "a.ts", line: 1, how: "static" }] },
			{ ...base, name: "any", references: [], dynamic: [{ file: "b.ts", line: 2, why: "" }] },
		],
		[],
	);
	expect(readers.of("KEY").map(({ name }) => name)).toEqual(["pay"]);
	expect(readers.of("OTHER")).toEqual([]);
	expect(readers.any).toEqual(["any"]);
});

test("the versions of a secret say which are the same value under a new key", () => {
	const of = (revision: number, version: number, kind: "live" | "deleted" = "live"): HistoryEntry => ({
		...entry(revision, revision),
		records: [
			{ name: "OTHER", version: 9, kind: "live" },
			{ name: "KEY", version, kind },
		],
	});
	const versions = versionsOf([of(5, 3, "deleted"), of(4, 2), entry(3, 3), of(2, 2), of(1, 1)], "KEY");
	expect(versions.map((version) => `${version.entry.revision}: ${versionText(version)}`)).toEqual([
		"5: Deleted in version 3",
		"4: Version 2 encrypted again",
		"2: Version 2",
		"1: Version 1",
	]);
});
