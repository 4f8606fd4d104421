/**
 * What a function cannot reach even without Deno's permissions. Each probe runs in a Deno with all permissions: once in
 * a function's network, where it must fail, and once outside, where it must succeed.
 */
import { rm, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { decode, encode } from "dns-packet";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
	abstractSocket,
	CONNECTION_ATTEMPTS,
	datagram,
	LISTENER,
	OVERFLOW,
	toListener,
	within,
} from "./connection-attempts.ts";
import { testIsolation } from "./contract.ts";
import { type IsolationProgram, startIsolationProgram } from "./isolation.ts";
import { NAMES, PUBLIC } from "./test-hosts.ts";

/** Code that sends a DNS query by UDP and returns the answer in base64. */
const query = (name: string, type: "A" | "AAAA", server = "198.18.0.1") => {
	const message = encode({ type: "query", id: 7, flags: 0x100, questions: [{ type, name }] }).toString(
		"base64",
	);
	return `const dgram = await import("node:dgram"); const { Buffer } = await import("node:buffer"); return await new Promise((ok, no) => {
		const socket = dgram.createSocket("udp4").on("error", no);
		socket.on("message", (message) => { socket.close(); ok(Buffer.from(message).toString("base64")); });
		socket.send(Buffer.from("${message}", "base64"), 53, "${server}", (error) => error && no(error));
	});`;
};

let program: IsolationProgram;
beforeAll(async () => {
	const functions = { open: null, listed: ["api.example:80", "six.example"], closed: [], sibling: null };
	program = await startIsolationProgram({ functions });
});
afterAll(() => program.close());

async function expectClosed(script: string, code: string): Promise<void> {
	expect([code, (await program.probe(script, code)).result]).toEqual([code, undefined]);
}

async function answers(script: string, name: string, type: "A" | "AAAA" = "A", server?: string) {
	const { result = "" } = await program.probe(script, within(5_000, query(name, type, server)));
	const packet = decode(Buffer.from(result, "base64"));
	const data = packet.answers?.map((answer) => ("data" in answer ? answer.data : undefined));
	return { code: (packet.flags ?? 0) & 15, data };
}

test("the isolation uses namespaces", () => {
	expect(program.isolation).toBe("namespace");
});

testIsolation(() => program);

describe.each(Object.entries(CONNECTION_ATTEMPTS))("by %s", (_, way) => {
	test('a host that is not in the function\'s "network" is blocked', async () => {
		expect(await program.probe("listed", within(5_000, way("api.example")))).toEqual({ result: "reached" });
		expect(await program.probe("listed", within(5_000, way("six.example")))).toEqual({ result: "reached" });
		for (const host of ["elsewhere.example", "11.0.0.11", "other.example"]) {
			await expectClosed("listed", within(5_000, way(host)));
			expect(await program.probe("outside", within(5_000, way(host)))).toEqual({ result: "reached" });
		}
		for (const host of ["api.example", ...PUBLIC]) await expectClosed("closed", within(5_000, way(host)));
	});
});

describe("only TCP connections and DNS queries leave a function's network", () => {
	test.each(PUBLIC)("a UDP datagram to %s is blocked", async (host) => {
		await expectClosed("open", within(300, datagram(host)));
		expect(await program.probe("outside", within(5_000, datagram(host)))).toEqual({ result: "reached" });
	});
});

describe("names", () => {
	test("are resolved by the machine's own resolver, whichever name server the query is for", async () => {
		for (const server of ["198.18.0.1", "11.0.0.11", "10.1.2.3"])
			expect(await answers("open", "api.example", "A", server)).toEqual({
				code: 0,
				data: [NAMES["api.example"]],
			});
		expect(await answers("open", "six.example", "AAAA")).toEqual({ code: 0, data: [NAMES["six.example"]] });
	});

	test("are answered without addresses that the function may not connect to", async () => {
		expect(await answers("open", "inside.example")).toEqual({ code: 0, data: [] });
	});

	test('are refused and reported if they are not in the function\'s "network"', async () => {
		await program.refused();
		expect((await answers("listed", "unheard.example")).code).toBe(5);
		expect((await answers("closed", "silent.example")).code).toBe(5);
		expect(await program.refused()).toEqual([
			expect.stringMatching(/^listed: .*look-up of "unheard\.example"/),
			expect.stringMatching(/^closed: .*look-up of "silent\.example"/),
		]);
	});
});

test("a repeated refusal is reported once, with the address and the reason", async () => {
	await program.refused();
	for (let round = 0; round < 3; round++)
		await expectClosed("sibling", within(5_000, CONNECTION_ATTEMPTS["Deno.connect"]?.("10.1.2.3") ?? ""));
	expect(await program.refused()).toEqual([
		"sibling: Refused by the platform: a connection to 10.1.2.3 port 80, which is not an address of the public internet.",
	]);
});

describe("the machine and other functions", () => {
	test("a listener of another function cannot be reached at any of its addresses", async () => {
		expect(await program.probe("sibling", LISTENER)).toEqual({ result: "listening" });
		const { result = "[]" } = await program.probe(
			"sibling",
			"return JSON.stringify(Deno.networkInterfaces().map((i) => i.address))",
		);
		const addresses: string[] = JSON.parse(result).filter(
			(address: string) => !/^(127|::1|fe80)/.test(address),
		);
		expect(addresses).toHaveLength(2);
		for (const address of addresses) {
			const way = toListener(address);
			await expectClosed("open", within(5_000, way));
			expect(await program.probe("sibling", within(5_000, way))).toEqual({ result: "reached" });
		}
	});

	test("an abstract Unix socket cannot be reached", async () => {
		const { connect: way, listen: open } = abstractSocket(`coffer-test-${process.pid}`);
		expect(await program.probe("outside", open)).toEqual({ result: "listening" });
		await expectClosed("open", within(5_000, way));
		expect(await program.probe("outside", within(5_000, way))).toEqual({ result: "reached" });
	});

	test("a function sees none of the machine's network interfaces", async () => {
		const code = "return Deno.networkInterfaces().map((i) => i.address).join(' ')";
		const { result = "" } = await program.probe("open", code);
		for (const { address } of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
			if (/^(127|::1|fe80)/.test(address)) continue;
			expect(result.split(" ")).not.toContain(address);
		}
	});
});

describe("files", () => {
	test("the temporary folder has a maximum size, and none without the isolation", async () => {
		const { result, error } = await program.probe("open", OVERFLOW);
		expect(result).toBeUndefined();
		expect(error).toMatch(/No space left/);
		expect(await program.probe("outside", OVERFLOW)).toEqual({ result: "written" });
	});

	test.each(["/run", "/dev/shm", "/var/tmp"])(
		"files of other programs in %s are invisible",
		async (folder) => {
			const file = join(folder, `coffer-test-${process.pid}`);
			await writeFile(file, "another's", { mode: 0o644 });
			onTestFinished(() => rm(file));
			await expectClosed("open", `return Deno.readTextFile("${file}")`);
			expect(await program.probe("outside", `return Deno.readTextFile("${file}")`)).toEqual({
				result: "another's",
			});
			expect(
				await program.probe(
					"open",
					`return [...Deno.readDirSync("${folder}")].filter((e) => e.name !== "mount").length`,
				),
			).toEqual({ result: "0" });
			await expectClosed("open", `Deno.writeTextFileSync("${folder}/x", "x"); return "written"`);
		},
	);
});
