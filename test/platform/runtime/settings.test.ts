/** The effect of a function's settings, on real Deno. */

import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { createServer } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, openStage, type Stage } from "../gateway/fixtures/harness.ts";
import { ask, type Harness, launch, openRuntime } from "./harness.ts";

let harness: Harness;
beforeAll(async () => {
	harness = await openRuntime();
});
afterAll(() => harness.close());

/** Connects in every possible way to the address in the path, and responds with the results. */
const REACH = `
import net from "node:net";
const attempt = async (go) => { try { await go(); return "open"; } catch (error) { return error.name; } };
Deno.serve(async (request) => {
	const [hostname, port] = new URL(request.url).searchParams.get("to").split(" ");
	const results = [
		await attempt(() => Deno.connect({ hostname, port: Number(port) })),
		await attempt(() => fetch(\`http://\${hostname}:\${port}/\`)),
		await attempt(() => new Promise((resolve, reject) => net.connect(Number(port), hostname).on("connect", resolve).on("error", reject))),
	];
	return Response.json(results);
});`;

async function reach(network: readonly string[], to: string): Promise<string[]> {
	const instance = await harness.runtime.start(launch(REACH, {}, { settings: { network } }));
	const { body } = await ask(instance.socketPath, `/?to=${encodeURIComponent(to)}`);
	await instance.stop({ graceMs: 0 });
	return JSON.parse(body);
}

describe("network", () => {
	const DENIED = ["NotCapable", "NotCapable", "NotCapable"];

	test("a function without network reaches nothing, and still serves", async () => {
		expect(await reach([], "192.0.2.1 80")).toEqual([
			"NotCapable",
			"NotCapable",
			expect.stringMatching(/NotCapable|Error/),
		]);
	});

	test("a host or port that is not listed is not reached", async () => {
		expect(await reach(["192.0.2.1:443"], "192.0.2.2 443")).toEqual(DENIED);
		expect(await reach(["192.0.2.1:443"], "192.0.2.1 80")).toEqual(DENIED);
	});

	test("a listed name or address of this machine is not reached", async () => {
		let connections = 0;
		const server = createServer((socket) => {
			connections++;
			socket.end();
		}).listen(0);
		await once(server, "listening");
		const { port } = server.address() as { port: number };
		const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
		const named = (await lookup(hostname()).catch(() => undefined)) === undefined ? [] : [hostname()];
		const v4 = own.filter(({ family }) => family === "IPv4").map(({ address }) => address);
		for (const host of new Set(["localhost", "127.0.0.1", "0.0.0.0", ...v4, ...named])) {
			// If fetch resolves the name itself, it reports the denial as a failure to send. With a network
			// of its own, a function gets no address for a name of this machine.
			const refused = expect.stringMatching(/^(NotCapable|TypeError|Error)$/);
			const results = await reach([host, `${host}:${port}`], `${host} ${port}`);
			expect(results, host).toEqual([refused, refused, refused]);
		}
		server.close();
		expect(connections).toBe(0);
	});
});

test("a function that takes more memory than its settings allow is ended", async () => {
	const code = `const kept = []; Deno.serve(() => { kept.push(new Uint8Array(300 << 20).fill(1)); return new Response("kept"); });`;
	const [small, large] = await Promise.all(
		[256, 900].map((memoryMB) => harness.runtime.start(launch(code, {}, { settings: { memoryMB } }))),
	);
	expect((await ask(large?.socketPath ?? "")).body).toBe("kept");
	await ask(small?.socketPath ?? "").catch(() => undefined);
	expect((await small?.exited)?.stderr).toContain("more than 256 MiB");
	expect(large?.acquire()).toBeTypeOf("function");
	await large?.stop({ graceMs: 0 });
});

describe("limits of requests", () => {
	let stage: Stage;
	const settings = new Map([["strict", { timeoutSeconds: 1, maxBodyMB: 1 }]]);
	beforeAll(async () => {
		stage = await openStage({ settings: (_, name) => settings.get(name) });
		const code = `Deno.serve(async (request) => { if (request.method === "GET") await new Promise(() => {}); return new Response(String((await request.bytes()).length)); });`;
		await Promise.all(["strict", "open"].map((name) => stage.start(name, code)));
	});
	afterAll(() => stage.close());

	test("a response that does not begin in time becomes a 504 that names the function and its time limit", async () => {
		const { status, headers, body } = await call({ port: stage.port, path: "/shop/strict" });
		expect([status, headers["content-type"]]).toEqual([504, "application/problem+json"]);
		expect(JSON.parse(body)).toMatchObject({
			code: "FUNCTION_TIMEOUT",
			function: "strict",
			detail: expect.stringContaining("The limit is 1 s"),
		});
	});

	test("a request body above the limit of the function becomes a 413, with a length or without; other functions accept it", async () => {
		const large = Buffer.alloc(2 * 1024 * 1024);
		const post = (name: string, headers: object) =>
			call({ port: stage.port, path: `/shop/${name}`, method: "POST", headers: { ...headers } }, large);
		for (const headers of [{ "content-length": large.length }, { "transfer-encoding": "chunked" }]) {
			const { status, body } = await post("strict", headers);
			expect([status, JSON.parse(body).detail]).toEqual([413, expect.stringContaining("The limit is 1 MiB")]);
			expect((await post("open", headers)).body).toBe(String(large.length));
		}
	});
});
