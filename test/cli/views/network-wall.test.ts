import { expect, test } from "vitest";
import { networkWallGap } from "../../../src/cli/views/network-wall.ts";
import { functionListSchema } from "../../../src/protocol/function-list.ts";

test("an isolation of the network that is complete is not mentioned", () => {
	expect(networkWallGap({ wall: "namespace", missing: [] })).toBeUndefined();
});

test.each([
	["none", "On this platform, only Deno's own permissions protect the network from functions"],
	[
		"user rules",
		"On this platform, functions do not have a separate network; the system's packet filter protects it",
	],
	["of next year", `On this platform, functions' network is protected by "of next year"`],
])("what an isolation does not block is reported, also for an unknown isolation: %s", (wall, which) => {
	expect(networkWallGap({ wall, missing: ["one", "two"] })).toBe(`${which}. Not blocked: one; two.`);
});

test("a list from a platform that does not name its isolation is accepted", () => {
	expect(functionListSchema.parse({ functions: [] }).network).toBeUndefined();
	const network = { wall: "of next year", missing: ["one"] };
	expect(functionListSchema.parse({ functions: [], network, more: 1 })).toEqual({ functions: [], network });
});
