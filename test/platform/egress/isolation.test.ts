/**
 * What a function cannot get at where Deno's permissions do not hold it: probes are run in a Deno that may do
 * everything, within a function's network, and once more outside of it, where each must succeed.
 */
import { rm, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { decode, encode } from "dns-packet";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { testWall } from "./contract.ts";
import { openSecondWall, type SecondWall } from "./isolation.ts";
import { NAMES, PUBLIC } from "./test-hosts.ts";
import { abstractSocket, datagram, LISTENER, OVERFLOW, toListener, WAYS, within } from "./ways.ts";

/** A query by UDP; the answer in base64. */
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

let it: SecondWall;
beforeAll(async () => {
	const functions = { open: null, listed: ["api.example:80", "six.example"], closed: [], sibling: null };
	it = await openSecondWall({ functions });
});
afterAll(() => it.close());

async function expectClosed(script: string, code: string): Promise<void> {
	expect([code, (await it.probe(script, code)).result]).toEqual([code, undefined]);
}

async function answers(script: string, name: string, type: "A" | "AAAA" = "A", server?: string) {
	const { result = "" } = await it.probe(script, within(5_000, query(name, type, server)));
	const packet = decode(Buffer.from(result, "base64"));
	const data = packet.answers?.map((answer) => ("data" in answer ? answer.data : undefined));
	return { code: (packet.flags ?? 0) & 15, data };
}

test("the wall is one of namespaces", () => {
	expect(it.wall).toBe("namespace");
});

testWall(() => it);

describe.each(Object.entries(WAYS))("by %s", (_, way) => {
	test("what a function does not name in its network is closed", async () => {
		expect(await it.probe("listed", within(5_000, way("api.example")))).toEqual({ result: "reached" });
		expect(await it.probe("listed", within(5_000, way("six.example")))).toEqual({ result: "reached" });
		for (const host of ["elsewhere.example", "11.0.0.11", "other.example"]) {
			await expectClosed("listed", within(5_000, way(host)));
			expect(await it.probe("outside", within(5_000, way(host)))).toEqual({ result: "reached" });
		}
		for (const host of ["api.example", ...PUBLIC]) await expectClosed("closed", within(5_000, way(host)));
	});
});

describe("nothing but TCP and questions for names leaves", () => {
	test.each(PUBLIC)("no datagram to %s", async (host) => {
		await expectClosed("open", within(300, datagram(host)));
		expect(await it.probe("outside", within(5_000, datagram(host)))).toEqual({ result: "reached" });
	});
});

describe("names", () => {
	test("are resolved by the machine's own resolver, whatever server is asked", async () => {
		for (const server of ["198.18.0.1", "11.0.0.11", "10.1.2.3"])
			expect(await answers("open", "api.example", "A", server)).toEqual({
				code: 0,
				data: [NAMES["api.example"]],
			});
		expect(await answers("open", "six.example", "AAAA")).toEqual({ code: 0, data: [NAMES["six.example"]] });
	});

	test("are answered without addresses that cannot be connected to", async () => {
		expect(await answers("open", "inside.example")).toEqual({ code: 0, data: [] });
	});

	test("are refused where a function does not name them, and that is told", async () => {
		await it.refused();
		expect((await answers("listed", "unheard.example")).code).toBe(5);
		expect((await answers("closed", "silent.example")).code).toBe(5);
		expect(await it.refused()).toEqual([
			expect.stringMatching(/^listed: .*look-up of "unheard\.example"/),
			expect.stringMatching(/^closed: .*look-up of "silent\.example"/),
		]);
	});
});

test("a connection that is refused is told of once, with its address and why", async () => {
	await it.refused();
	for (let round = 0; round < 3; round++)
		await expectClosed("sibling", within(5_000, WAYS["Deno.connect"]?.("10.1.2.3") ?? ""));
	expect(await it.refused()).toEqual([
		"sibling: Refused by the platform: a connection to 10.1.2.3 port 80, which is not an address of the public internet.",
	]);
});

describe("the machine and its siblings", () => {
	test("a sibling's listener is out of reach by every address that it has", async () => {
		expect(await it.probe("sibling", LISTENER)).toEqual({ result: "listening" });
		const { result = "[]" } = await it.probe(
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
			expect(await it.probe("sibling", within(5_000, way))).toEqual({ result: "reached" });
		}
	});

	test("an abstract socket is out of reach", async () => {
		const { connect: way, listen: open } = abstractSocket(`coffer-test-${process.pid}`);
		expect(await it.probe("outside", open)).toEqual({ result: "listening" });
		await expectClosed("open", within(5_000, way));
		expect(await it.probe("outside", within(5_000, way))).toEqual({ result: "reached" });
	});

	test("a function sees no interface of the machine's", async () => {
		const code = "return Deno.networkInterfaces().map((i) => i.address).join(' ')";
		const { result = "" } = await it.probe("open", code);
		for (const { address } of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
			if (/^(127|::1|fe80)/.test(address)) continue;
			expect(result.split(" ")).not.toContain(address);
		}
	});
});

describe("files", () => {
	test("a temporary folder is bounded, and open beyond that without the wall", async () => {
		const { result, error } = await it.probe("open", OVERFLOW);
		expect(result).toBeUndefined();
		expect(error).toMatch(/No space left/);
		expect(await it.probe("outside", OVERFLOW)).toEqual({ result: "written" });
	});

	test.each(["/run", "/dev/shm", "/var/tmp"])("what others keep in %s is not to be seen", async (folder) => {
		const file = join(folder, `coffer-test-${process.pid}`);
		await writeFile(file, "another's", { mode: 0o644 });
		onTestFinished(() => rm(file));
		await expectClosed("open", `return Deno.readTextFile("${file}")`);
		expect(await it.probe("outside", `return Deno.readTextFile("${file}")`)).toEqual({ result: "another's" });
		expect(
			await it.probe(
				"open",
				`return [...Deno.readDirSync("${folder}")].filter((e) => e.name !== "mount").length`,
			),
		).toEqual({ result: "0" });
		await expectClosed("open", `Deno.writeTextFileSync("${folder}/x", "x"); return "written"`);
	});
});
