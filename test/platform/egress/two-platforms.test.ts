/** Two platforms on one machine that both use the packet filter. The tables are real. */
import { execFileSync } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import type { Network } from "../../../src/platform/egress/network.ts";
import { openPacketFilterDriver } from "../../../src/platform/egress/packet-filter-driver.ts";
import { systemProgram } from "../../../src/platform/machine/system-program.ts";
import { Users } from "../../../src/platform/machine/users.ts";

const nft = systemProgram("nft") ?? "";
/** A block that both platforms draw. */
const BLOCK = 7;

const opened: Network[] = [];
afterEach(async () => {
	for (const network of opened.splice(0)) await network.close();
});

async function open(users: Users, allowNet: string[] = []): Promise<Network> {
	const network = await openPacketFilterDriver(nft, allowNet, users, () => {});
	opened.push(network);
	return network;
}

/** The rules of a platform's tables, as the kernel has them. */
function rulesFor({ range }: Users): string[] {
	const tables = execFileSync(nft, ["list", "tables", "inet"], { encoding: "utf8" }).split("\n");
	const names = tables.filter((line) => line.includes(`coffer_${range.first}_`));
	return names.map((line) => execFileSync(nft, ["list", ...line.split(" ")], { encoding: "utf8" }));
}

test("platforms that chose the same users change to different ones, and filter their own users only", async () => {
	const [one, other] = [new Users(BLOCK), new Users(BLOCK)];
	await open(one, ["10.1.2.3:80"]);
	const before = rulesFor(one);
	expect(before).toHaveLength(2);
	await open(other);
	expect(other.range.first).toBeGreaterThan(one.range.last);
	expect(other.reserve().uid).toBeGreaterThan(one.range.last);
	expect(rulesFor(one)).toEqual(before);
	for (const [users, foreign] of [
		[one, other],
		[other, one],
	] as const) {
		const rules = rulesFor(users);
		expect(rules).toHaveLength(2);
		for (const text of rules) {
			expect(text).toContain(`meta skuid ${users.range.first}-${users.range.last} jump functions`);
			expect(text).not.toContain(`${foreign.range.first}`);
		}
	}
});

test("a platform that stops leaves the tables of the other one in place", async () => {
	const [one, other] = [new Users(BLOCK), new Users(BLOCK)];
	const stopping = await open(one);
	await open(other);
	await stopping.close();
	expect(rulesFor(one)).toEqual([]);
	expect(rulesFor(other)).toHaveLength(2);
});
