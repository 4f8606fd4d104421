/** Lines of several nodes, merged by time. */
import { expect, test } from "vitest";
import { mergeByTime } from "../../../src/platform/api/logs/nodes/merge.ts";

const lines = (node: string, ...times: string[]) =>
	times.map((time) => ({ node, name: "f", line: { time } }));
const merged = (limit: number, size = 1) => {
	const { left, lines: kept } = mergeByTime(
		[lines("a", "01", "05", "03", "07"), lines("b", "02", "04", "06", "08")],
		limit,
		() => size,
	);
	return [left, kept.map(({ line: { time }, node }) => node + time).join(" ")];
};

test("keep the order of each node, also where its clock went back", () => {
	expect(merged(100)).toEqual([0, "a01 b02 b04 a05 a03 b06 a07 b08"]);
});

test("are the newest ones of all nodes, within the limits of lines and characters", () => {
	expect(merged(3)).toEqual([5, "b06 a07 b08"]);
	expect(merged(0)).toEqual([8, ""]);
	expect(merged(100, 6 * 1024 * 1024)).toEqual([6, "a07 b08"]);
});
