/** What is kept for each function of each app. */
import { expect, test } from "vitest";
import { ByFunction } from "../../../../src/platform/gateway/tracking/by-function.ts";

test("functions are told apart by both names, whatever is looked up in between", () => {
	const kept = new ByFunction<number>();
	const names = [
		["a", "b/c"],
		["a/b", "c"],
		["a", "b"],
		["b", "a"],
		["a", undefined],
		["a", ""],
		["b", undefined],
	] as const;
	for (const [app, name] of names) expect(kept.get(app, name)).toBeUndefined();
	for (const [index, [app, name]] of names.entries()) kept.set(app, name, index);
	for (const [app, name] of [...names, ...names.toReversed()])
		expect(kept.get(app, name)).toBe(names.findIndex((one) => one[0] === app && one[1] === name));
	expect([...kept.values()].toSorted()).toEqual(names.map((_, index) => index));
	expect(kept.get("c", "b")).toBeUndefined();
});

test("an entry that was replaced is not found any more", () => {
	const kept = new ByFunction<number>();
	kept.set("a", "b", 1);
	expect(kept.get("a", "b")).toBe(1);
	kept.set("a", "b", 2);
	kept.set("a", "c", 3);
	expect(kept.get("a", "b")).toBe(2);
	expect([kept.get("a", "c"), [...kept.values()]]).toEqual([3, [2, 3]]);
});
