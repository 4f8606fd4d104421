import { expect, test } from "vitest";
import { networkWallGap } from "../../../src/cli/views/network-wall.ts";
import { functionListSchema } from "../../../src/protocol/function-list.ts";

test("a wall that holds everything is not worth a word", () => {
	expect(networkWallGap({ wall: "namespace", missing: [] })).toBeUndefined();
});

test.each([
	["none", "No second wall stands around functions' network here: Deno's own permissions alone hold it"],
	[
		"user rules",
		"The second wall around functions' network is the system's packet filter here, not a network of their own",
	],
	["of next year", `The second wall around functions' network is "of next year" here`],
])("what is not held is said, also by a wall that nobody here knows: %s", (wall, which) => {
	expect(networkWallGap({ wall, missing: ["one", "two"] })).toBe(`${which}. Not held by it: one; two.`);
});

test("a list of a platform that does not say which wall it has is taken", () => {
	expect(functionListSchema.parse({ functions: [] }).network).toBeUndefined();
	const network = { wall: "of next year", missing: ["one"] };
	expect(functionListSchema.parse({ functions: [], network, more: 1 })).toEqual({ functions: [], network });
});
