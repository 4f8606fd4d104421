/**
 * What a function cannot get at where Deno's permissions do not hold it: probes are run in a Deno that may do
 * everything, within a function's network, and once more outside of it, where each must succeed.
 */
import { networkInterfaces } from "node:os";
import { decode, encode } from "dns-packet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSecondWall, type SecondWall } from "./second-wall.ts";
import { HTTP_PORT, NAMES, PRIVATE, PUBLIC, UDP_PORT } from "./test-hosts.ts";

const within = (ms: number, code: string) =>
	`return await Promise.race([(async () => { ${code} })(), new Promise((_, no) => setTimeout(() => no(new Error("no answer")), ${ms}))]);`;
const bracketed = (host: string) => (host.includes(":") ? `[${host}]` : host);

/** Ways to a host by TCP, each of which gives "reached". */
const WAYS: Record<string, (host: string) => string> = {
	fetch: (host) => `return (await fetch("http://${bracketed(host)}:${HTTP_PORT}/")).text()`,
	"Deno.connect": (host) =>
		`const c = await Deno.connect({ hostname: "${host}", port: ${HTTP_PORT} });
		await c.write(new TextEncoder().encode("GET / HTTP/1.0\\r\\n\\r\\n"));
		const text = await new Response(c.readable).text();
		if (!text.endsWith("reached")) throw new Error("closed: " + text);
		return "reached";`,
	"node:net": (host) =>
		`const net = await import("node:net"); return await new Promise((ok, no) => {
			let text = "";
			const socket = net.connect(${HTTP_PORT}, "${host}").setEncoding("utf8").on("error", no);
			socket.on("data", (part) => { text += part; }).on("close", () => text.endsWith("reached") ? ok("reached") : no(new Error("closed")));
			socket.write("GET / HTTP/1.0\\r\\n\\r\\n");
		});`,
};
const datagram = (host: string, port = UDP_PORT) =>
	`const dgram = await import("node:dgram"); return await new Promise((ok, no) => {
		const socket = dgram.createSocket("udp${host.includes(":") ? 6 : 4}").on("error", no);
		socket.on("message", (message) => { socket.close(); ok(String(message)); });
		socket.send("x", ${port}, "${host}", (error) => error && no(error));
	});`;
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

describe.each(Object.entries(WAYS))("by %s", (_, way) => {
	test.each(PUBLIC)("the public internet is open: %s", async (host) => {
		expect(await it.probe("open", within(5_000, way(host)))).toEqual({ result: "reached" });
	});

	test.each(PRIVATE)("%s is closed, and open without the wall", async (host) => {
		await expectClosed("open", within(5_000, way(host)));
		expect(await it.probe("outside", within(5_000, way(host)))).toEqual({ result: "reached" });
	});

	test("a public name is open, one that resolves to a private address is not", async () => {
		expect(await it.probe("open", within(5_000, way("api.example")))).toEqual({ result: "reached" });
		expect(await it.probe("open", within(5_000, way("six.example")))).toEqual({ result: "reached" });
		await expectClosed("open", within(5_000, way("inside.example")));
		expect(await it.probe("outside", within(5_000, way("inside.example")))).toEqual({ result: "reached" });
	});

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
	test.each([...PUBLIC, ...PRIVATE])("no datagram to %s", async (host) => {
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
	const listener = `globalThis.kept ??= Deno.listen({ hostname: "::", port: 7_001 }); (async () => { for await (const c of kept) c.write(new TextEncoder().encode("HTTP/1.0 200 OK\\r\\n\\r\\nreached")).then(() => c.close()); })(); return "listening";`;

	test.each(["127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "10.77.0.1", "fd77::1"])(
		"a listener on the machine is out of reach as %s",
		async (host) => {
			expect(await it.probe("outside", listener)).toEqual({ result: "listening" });
			const way = `return (await fetch("http://${bracketed(host)}:7001/")).text()`;
			await expectClosed("open", within(5_000, way));
			expect(await it.probe("outside", within(5_000, way))).toEqual({ result: "reached" });
		},
	);

	test("a sibling's listener is out of reach by every address that it has", async () => {
		expect(await it.probe("sibling", listener)).toEqual({ result: "listening" });
		const { result = "[]" } = await it.probe(
			"sibling",
			"return JSON.stringify(Deno.networkInterfaces().map((i) => i.address))",
		);
		const addresses: string[] = JSON.parse(result).filter(
			(address: string) => !/^(127|::1|fe80)/.test(address),
		);
		expect(addresses).toHaveLength(2);
		for (const address of addresses) {
			const way = `return (await fetch("http://${bracketed(address)}:7001/")).text()`;
			await expectClosed("open", within(5_000, way));
			expect(await it.probe("sibling", within(5_000, way))).toEqual({ result: "reached" });
		}
	});

	test("an abstract socket is out of reach", async () => {
		const name = `"\\0coffer-test-${process.pid}"`;
		const open = `const net = await import("node:net"); return await new Promise((ok, no) => { globalThis.abstract = net.createServer((s) => s.end("reached")).on("error", no).listen(${name}, () => ok("listening")); });`;
		const way = `const net = await import("node:net"); return await new Promise((ok, no) => net.connect(${name}).on("error", no).on("data", (data) => ok(String(data))));`;
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
		const write = `const data = new Uint8Array(8 * 1024 * 1024).fill(7);
			for (let n = 0; n < 40; n++) await Deno.writeFile(Deno.cwd() + "/x" + n, data);
			return "written";`;
		const { result, error } = await it.probe("open", write);
		expect(result).toBeUndefined();
		expect(error).toMatch(/No space left/);
		expect(await it.probe("outside", write)).toEqual({ result: "written" });
	});

	test.each(["/run", "/dev/shm", "/var/tmp"])("what others keep in %s is not to be seen", async (folder) => {
		expect(
			await it.probe(
				"open",
				`return [...Deno.readDirSync("${folder}")].filter((e) => e.name !== "mount").length`,
			),
		).toEqual({ result: "0" });
		await expectClosed("open", `Deno.writeTextFileSync("${folder}/x", "x"); return "written"`);
	});
});
