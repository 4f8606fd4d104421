import { describe, expect, test } from "vitest";
import { parseAllowNet } from "../../../../src/platform/egress/allow-net.ts";
import { EgressPolicy } from "../../../../src/platform/egress/proxy/policy.ts";

const MINUTE_MS = 60_000;

function policy(network?: string[], allowNet: string[] = [], own: string[] = []) {
	return new EgressPolicy(network, {
		allowed: parseAllowNet(allowNet),
		isOwn: (address) => own.includes(address),
	});
}

describe("a function that names no hosts", () => {
	test("reaches the public internet, but no private address, and not the machine's own public address", () => {
		const open = policy(undefined, [], ["11.0.0.1"]);
		expect(open.refusalReason("11.0.0.2", 443, 0)).toBeUndefined();
		expect(open.refusalReason("10.0.0.1", 443, 0)).toMatch(/public internet/);
		expect(open.refusalReason("11.0.0.1", 443, 0)).toMatch(/platform's machine/);
		expect(open.refusalReason("::ffff:10.0.0.1", 443, 0)).toMatch(/public internet/);
		expect(open.mayResolve("any.example")).toBe(true);
	});

	test("reaches an address that the operator allows, on the allowed ports", () => {
		const open = policy(undefined, ["10.0.0.5:5432", "10.0.0.6", "11.0.0.1:80"], ["11.0.0.1"]);
		expect(open.refusalReason("10.0.0.5", 5432, 0)).toBeUndefined();
		expect(open.refusalReason("10.0.0.5", 5433, 0)).toBeDefined();
		expect(open.refusalReason("10.0.0.6", 1, 0)).toBeUndefined();
		expect(open.refusalReason("11.0.0.1", 80, 0)).toBeUndefined();
		expect(open.refusalReason("11.0.0.1", 81, 0)).toBeDefined();
		expect(open.isReachable("10.0.0.5")).toBe(true);
		expect(open.isReachable("10.0.0.7")).toBe(false);
	});
});

describe("a function that names its hosts", () => {
	const named = () => policy(["api.example:443", "db.example", "11.0.0.9:25", "[2600::9]"], ["10.0.0.5"]);

	test("reaches a name's addresses for some minutes after it has resolved the name, on the name's ports", () => {
		const own = named();
		expect(own.refusalReason("11.0.0.2", 443, 0)).toMatch(/"network"/);
		own.recordResolved("API.example.", ["11.0.0.2"], 0);
		expect(own.refusalReason("11.0.0.2", 443, MINUTE_MS)).toBeUndefined();
		expect(own.refusalReason("11.0.0.2", 80, MINUTE_MS)).toMatch(/"network"/);
		expect(own.refusalReason("11.0.0.2", 443, 16 * MINUTE_MS)).toMatch(/"network"/);
	});

	test("reaches a private address of a name only if the operator allows it", () => {
		const own = named();
		own.recordResolved("db.example", ["10.0.0.4", "10.0.0.5"], 0);
		expect(own.refusalReason("10.0.0.5", 5432, 0)).toBeUndefined();
		expect(own.refusalReason("10.0.0.4", 5432, 0)).toMatch(/public internet/);
	});

	test("reaches addresses that it lists, on their ports", () => {
		const own = named();
		expect(own.refusalReason("11.0.0.9", 25, 0)).toBeUndefined();
		expect(own.refusalReason("11.0.0.9", 26, 0)).toBeDefined();
		expect(own.refusalReason("2600:0::9", 26, 0)).toBeUndefined();
	});

	test("may resolve only the names that it lists, and services below them", () => {
		const own = named();
		for (const name of ["api.example", "API.EXAMPLE.", "_mongodb._tcp.db.example"])
			expect(own.mayResolve(name)).toBe(true);
		for (const name of ["example", "x.api.example", "secret.attacker.example"])
			expect(own.mayResolve(name)).toBe(false);
	});

	test("does not reach the addresses of other names", () => {
		const own = named();
		own.recordResolved("other.example", ["11.0.0.3"], 0);
		expect(own.refusalReason("11.0.0.3", 443, 0)).toMatch(/"network"/);
	});

	test("an empty list reaches nothing", () => {
		expect(policy([]).refusalReason("11.0.0.2", 443, 0)).toBeDefined();
		expect(policy([]).mayResolve("api.example")).toBe(false);
	});
});
