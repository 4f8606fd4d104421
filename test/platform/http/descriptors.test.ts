/** How the limit of open files is divided. */
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { budgetOf, descriptorLimit } from "../../../src/platform/http/descriptors.ts";

describe.each([
	[256, 8],
	[1_024, 50],
	[4_096, 200],
	[65_536, 200],
	[1_048_576, 1_000],
	[Number.MAX_SAFE_INTEGER, 50],
])("with %d file descriptors and %d processes", (limit, processesMax) => {
	const { control, functions, gateway, reserve } = budgetOf(limit, processesMax);

	test("all limits together leave the reserve", () => {
		expect(gateway.max + control.max + functions.connectionsMax + reserve).toBeLessThanOrEqual(limit);
		expect(reserve).toBeGreaterThanOrEqual(Math.min(limit / 2, 96 + 5 * processesMax));
	});

	test("no single peer or function can use all of them", () => {
		expect(gateway.perPeerMax).toBeLessThan(gateway.max);
		expect(control.perPeerMax).toBeLessThan(control.max);
		expect(functions.perFunctionMax).toBeLessThan(gateway.max);
		expect(functions.perFunctionConnectionsMax).toBeLessThan(functions.connectionsMax);
	});
});

test("with many descriptors, one proxy may have 10,000 connections, and a function 10,000 requests", () => {
	const { functions, gateway } = budgetOf(1_048_576, 50);
	expect([gateway.perPeerMax, functions.perFunctionMax]).toEqual([10_000, 10_000]);
});

test("the limits are computed from the system's limit", () => {
	const limit = execFileSync("sh", ["-c", `ulimit -n`], { encoding: "utf8" }).trim();
	// The shell inherits this process's limit: Node has raised its own soft limit to the hard one.
	expect(descriptorLimit()).toBe(limit === "unlimited" ? Number.MAX_SAFE_INTEGER : Number(limit));
});
