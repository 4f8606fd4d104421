/** The isolation by packet filter, which serves systems without namespaces. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { systemProgram } from "../../../src/platform/machine/system-program.ts";
import { CONNECTION_ATTEMPTS, datagram, LISTENER, toListener, within } from "./connection-attempts.ts";
import { testIsolation } from "./contract.ts";
import { type IsolationProgram, startIsolationProgram } from "./isolation.ts";
import { holdersOf, killOne } from "./processes.ts";
import { PRIVATE, PUBLIC } from "./test-hosts.ts";

let program: IsolationProgram;
beforeAll(async () => {
	program = await startIsolationProgram({
		isolation: "user rules",
		allowNet: ["10.255.255.254:80"],
		functions: { open: null },
	});
});
afterAll(() => program.close());

/** The number of tables whose rules apply to the functions. */
function installedTables(): number {
	const within = ["netns", "exec", program.hosts.inner];
	const rules = execFileSync("ip", [...within, systemProgram("nft") ?? "", "list", "ruleset"]);
	return rules.toString().split("jump functions").length - 1;
}

test("the isolation uses the packet filter", () => {
	expect(program.isolation).toBe("user rules");
});

describe("the contract", () => {
	const allowed = new Set(["10.255.255.254"]);
	expect(PRIVATE).toContain([...allowed][0]);
	testIsolation(() => program, allowed);
});

test("an address that the operator allows is reachable, on that port only", async () => {
	const [way] = Object.values(CONNECTION_ATTEMPTS);
	const host = "10.255.255.254";
	expect(await program.probe("open", within(5_000, way?.(host) ?? ""))).toEqual({ result: "reached" });
	expect((await program.probe("open", within(300, datagram(host)))).result).toBeUndefined();
});

test("the machine's own traffic is not filtered, including packets that the kernel sends itself", async () => {
	const refused = `return Deno.connect({ hostname: "127.0.0.1", port: 7_002 }).then(() => "open", (error) => error.name)`;
	expect(await program.probe("root", within(5_000, refused))).toEqual({ result: "ConnectionRefused" });
});

test("while a lost table is restored, the other table still filters", async () => {
	await program.probe("outside", LISTENER);
	const [first, second] = holdersOf(program.platformPid, "rules");
	const closed = async () => {
		for (const code of [toListener("127.0.0.1"), CONNECTION_ATTEMPTS.fetch?.("10.1.2.3") ?? ""])
			expect((await program.probe("open", within(5_000, code))).result).toBeUndefined();
		expect(await program.probe("open", within(5_000, CONNECTION_ATTEMPTS.fetch?.(PUBLIC[0]) ?? ""))).toEqual({
			result: "reached",
		});
	};
	await program.refused();
	for (const holder of [first, second]) {
		killOne(holder);
		await closed();
		await vi.waitFor(() => {
			const holders = holdersOf(program.platformPid, "rules");
			expect(holders).toHaveLength(2);
			// On a busy machine a killed process can be listed for a while.
			expect(holders).not.toContain(holder);
			// The new process is there before its table.
			expect(installedTables()).toBe(2);
		});
		await closed();
	}
	// The platform may report a table after it has replaced it.
	const reports: string[] = [];
	await vi.waitFor(async () => {
		reports.push(...(await program.refused()));
		expect(reports).toEqual([
			expect.stringMatching(/^failed: the packet filter's table \w+ no longer exists; 1 are left$/),
			expect.stringMatching(/^failed: the packet filter's table/),
		]);
	});
});
