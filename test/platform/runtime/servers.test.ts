/** Node's servers in a function listen on its socket, whatever port they ask for. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ServerSlot } from "../../../src/platform/runtime/host/server-slot.ts";
import { ask, type Harness, launch, openRuntime } from "./harness.ts";

let harness: Harness;
beforeAll(async () => {
	harness = await openRuntime();
});
afterAll(() => harness.close());

async function bodyOf(code: string): Promise<string> {
	const instance = await harness.runtime.start(launch(code));
	try {
		return (await ask(instance.socketPath)).body;
	} finally {
		await instance.stop();
	}
}

const HANDLER = '(request, response) => response.end("served")';
const IMPORT = 'import http from "node:http";';

describe("a server of Node accepts requests on", () => {
	test.each([
		["a port", `http.createServer(${HANDLER}).listen(3000);`],
		["a port as text", `http.createServer(${HANDLER}).listen("3000");`],
		["a port and a host", `http.createServer(${HANDLER}).listen(3000, "127.0.0.1", 511);`],
		["options", `http.createServer(${HANDLER}).listen({ port: 3000, host: "::", exclusive: true });`],
		["any port", `http.createServer(${HANDLER}).listen(() => {});`],
		["a port, later", `setTimeout(() => http.createServer(${HANDLER}).listen(3000), 20);`],
	])("%s", async (_, code) => {
		expect(await bodyOf(IMPORT + code)).toBe("served");
	});

	test.each([
		[
			"require",
			'import { createRequire } from "node:module"; const http = createRequire(import.meta.url)("http");',
		],
		["process.getBuiltinModule", 'const http = process.getBuiltinModule("http");'],
		["import()", 'const http = await import("node:http");'],
		["a server of node:net", 'import net from "node:net"; import http from "node:http";'],
	])("a port, if it was loaded by %s", async (_, load) => {
		expect(await bodyOf(`${load} http.createServer(${HANDLER}).listen(3000);`)).toBe("served");
	});
});

test("a server of Node knows the address that it asked for and the address of its client", async () => {
	const code = `${IMPORT} const server = http.createServer(({ socket }, response) => response.end(JSON.stringify({
			client: [socket.remoteAddress, socket.remoteFamily], own: server.address() })));
		server.listen(3000, "127.0.0.1");`;
	expect(JSON.parse(await bodyOf(code))).toEqual({
		client: ["203.0.113.9", "IPv4"],
		own: { address: "127.0.0.1", family: "IPv4", port: 3000 },
	});
});

const REFUSED: readonly (readonly [string, string, string])[] = [
	[
		"a second port",
		`http.createServer(${HANDLER}).listen(3000); http.createServer().listen(4000);`,
		"it serves port 3000 already, so port 4000 is refused",
	],
	[
		"Deno.serve beside a server of Node",
		`http.createServer(${HANDLER}).listen(3000); Deno.serve({ port: 4000 }, () => new Response());`,
		"it serves port 3000 already, so port 4000 is refused",
	],
	[
		"TLS",
		'import https from "node:https"; https.createServer({}).listen(443);',
		"use node:http in place of node:https",
	],
	[
		"HTTP/2",
		'import http2 from "node:http2"; http2.createServer().listen(80);',
		"use node:http in place of node:http2",
	],
];

test("a socket is free again after the server that used it has closed", () => {
	const slot = new ServerSlot();
	slot.socketPath = "/s";
	expect(slot.claim("port 3000")).toBeUndefined();
	expect(slot.claim("port 4000")).toContain("port 4000 is refused");
	slot.release();
	expect(slot.claim("port 4000")).toBeUndefined();
});

test.each(REFUSED)("%s is refused, and the error says what to do", async (_, code, message) => {
	await expect(harness.runtime.start(launch(IMPORT + code))).rejects.toThrow(message);
});

test.each([
	["Deno.serve", "Deno.serve(() => new Response())"],
	["Deno.listen", "Deno.listen({ port: 0 })"],
	[
		"a server of Node",
		`const { createServer } = await import("node:http"); await new Promise((_, no) => createServer().on("error", no).listen(3000))`,
	],
])("%s in a worker is refused, and the error says what to do", async (_, code) => {
	const source = `import "coffer:worker"; try { ${code}; postMessage("serves"); } catch (error) { postMessage(error.message); }`;
	const start = `new Worker("data:text/javascript," + encodeURIComponent(${JSON.stringify(source)}), { type: "module" })`;
	const answer = await bodyOf(
		`export default () => new Promise((ok) => { ${start}.onmessage = ({ data }) => ok(new Response(data)); });`,
	);
	expect(answer).toContain("A worker cannot serve");
	expect(answer).toContain("send messages to the worker");
});
