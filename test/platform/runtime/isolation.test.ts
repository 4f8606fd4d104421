/** What a hostile function tries, and must not get. */
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Instance } from "../../../src/platform/runtime/runtime.ts";
import { ask, type Harness, launch, openRuntime } from "./harness.ts";

const CANARY = "canary-5f1d9c";
const NEIGHBOUR = `export default () => new Response(Deno.env.get("TOKEN"));`;
/** Evaluates an expression that it is sent, as an async function's body. */
const EVAL = `
	const AsyncFunction = (async () => {}).constructor;
	export default async (request) => {
		try {
			return Response.json({ result: String(await new AsyncFunction(await request.text())()) });
		} catch (error) {
			return Response.json({ error: error.name + ": " + error.message });
		}
	};`;

let harness: Harness;
let hostile: Instance;
let neighbour: Instance;
let service: Server;
let port = 0;

beforeAll(async () => {
	harness = await openRuntime();
	service = createServer((_, response) => response.end("reached"));
	await new Promise<void>((resolve) => service.listen(0, "::", resolve));
	port = (service.address() as { port: number }).port;
	await writeFile(join(harness.directory, "secret.json"), `{"canary": "${CANARY}"}`);
	neighbour = await harness.runtime.start(launch(NEIGHBOUR, { TOKEN: CANARY }, { function: "neighbour" }));
	hostile = await harness.runtime.start(launch(EVAL, { OWN: "own-value" }, { function: "hostile" }));
});
afterAll(async () => {
	await harness.close();
	service.close();
});

async function probe(code: string): Promise<{ result?: string; error?: string }> {
	const filled = code
		.replaceAll("$PORT", String(port))
		.replaceAll("$SOCKET", neighbour.socketPath)
		.replaceAll("$PID", String(neighbour.pid))
		.replaceAll("$PLATFORM", String(process.pid))
		.replaceAll("$DIRECTORY", harness.directory)
		.replaceAll("$HOSTNAME", hostname());
	return JSON.parse((await ask(hostile.socketPath, "/", { method: "POST", body: filled })).body);
}

const FILES = [
	`return Deno.readTextFile("/etc/passwd")`,
	`return (await import("node:fs")).readFileSync("/etc/passwd", "utf8")`,
	`return Deno.readTextFile("/proc/self/environ")`,
	`return Deno.readTextFile("/proc/$PID/environ")`,
	`return Deno.readTextFile("/proc/$PLATFORM/environ")`,
	`return Deno.readTextFile("/proc/$PLATFORM/cmdline")`,
	`return Deno.readTextFile("$DIRECTORY/secret.json")`,
	`return Array.from(Deno.readDirSync("$DIRECTORY")).length`,
	`return JSON.stringify((await import("file://$DIRECTORY/secret.json", { with: { type: "json" } })).default)`,
	`return JSON.stringify((await import("file://$DIRECTORY/" + "secret.json", { with: { type: "text" } })).default)`,
	`return (await import("data:application/javascript," + encodeURIComponent('export { default } from "file://$DIRECTORY/secret.json" with { type: "json" }'))).default.canary`,
	`return Deno.writeTextFile("/tmp/coffer-probe", "x")`,
	`return Deno.symlink("/etc", Deno.env.get("TMPDIR") + "/link")`,
	`return Deno.readTextFile(Deno.env.get("TMPDIR") + "/../../../secret.json")`,
	`return new (await import("node:sqlite")).DatabaseSync("$DIRECTORY/x.sqlite")`,
	`return Deno.chdir("/")`,
	`return new Promise((ok, no) => { const w = new Worker("file://$DIRECTORY/secret.json", { type: "module" }); w.onerror = (e) => { e.preventDefault(); no(new Error(e.message)); }; w.onmessage = ok; })`,
];
const POWERS = [
	`return new Deno.Command("/bin/sh", { args: ["-c", "id"] }).output()`,
	`return (await import("node:child_process")).execFileSync("/bin/id")`,
	`return Deno.dlopen("libc.so.6", {})`,
	`return process.dlopen({ exports: {} }, "/lib/x.node")`,
	`return Deno.kill($PLATFORM, "SIGCONT")`,
	`return Deno.kill($PID, "SIGCONT")`,
	`return process.kill($PLATFORM, 0)`,
	`return (await import("node:inspector")).open(0)`,
	`return import("npm:is-odd@3")`,
	`return import("https://deno.land/std@0.177.0/version.ts")`,
	`return Deno.openKv()`,
	`return Deno.permissions.request({ name: "run" }).then(({ state }) => { if (state !== "granted") throw new Error(state); })`,
	`return Deno.systemMemoryInfo()`,
	`return Deno.networkInterfaces()`,
];
const SOCKETS = [
	`return Deno.connect({ transport: "unix", path: "$SOCKET" })`,
	`return fetch("http://x/", { client: Deno.createHttpClient({ proxy: { transport: "unix", path: "$SOCKET" } }) }).then((r) => r.text())`,
	`const net = await import("node:net"); return new Promise((ok, no) => net.connect("$SOCKET").on("connect", ok).on("error", no))`,
	`return Deno.listen({ port: 0 }).accept().then((c) => c.read(new Uint8Array(1)))`,
];
const HOSTS = [
	"127.0.0.1",
	"127.1",
	"127.8.8.8",
	"2130706433",
	"0x7f.1",
	"0177.0.0.1",
	"localhost",
	"LOCALHOST",
	"localhost.",
	"0",
	"0.0.0.0",
	"[::1]",
	"[::]",
	"[0:0:0:0:0:0:0:1]",
	"[::ffff:127.0.0.1]",
	"[::ffff:7f00:1]",
	"$HOSTNAME",
	"10.0.0.1",
	"172.16.0.1",
	"172.31.255.254",
	"192.168.1.1",
	"169.254.169.254",
	"100.64.0.1",
	"metadata.google.internal",
	"[fd00:ec2::254]",
];

describe("refused", () => {
	test.each([...FILES, ...POWERS, ...SOCKETS])("%s", async (code) => {
		const { result, error } = await probe(code);
		expect(result).toBeUndefined();
		expect(error).toBeDefined();
	});

	test.each(HOSTS)("a connection to %s", async (host) => {
		const raw = host.replace(/^\[|\]$/g, "");
		for (const code of [
			`return fetch("http://${host}:$PORT/").then((response) => response.text())`,
			`return Deno.connect({ hostname: "${raw}", port: $PORT })`,
			`const net = await import("node:net"); return new Promise((ok, no) => net.connect($PORT, "${raw}").on("connect", ok).on("error", no))`,
		]) {
			expect((await probe(code)).result, code).toBeUndefined();
		}
	});

	test.each([
		`(await import("node:net")).createServer().listen(0, "127.0.0.1", () => console.log("listening"));`,
		`(await import("node:http")).createServer().listen(0, () => console.log("listening"));`,
		`(await import("node:dgram")).createSocket("udp4").bind(0, () => console.log("listening"));`,
	])("a listener of its own: %s", async (code) => {
		const listener = launch(
			`${code}; await new Promise((resolve) => setTimeout(resolve, 60_000));`,
			{},
			{ function: "listener" },
		);
		await expect(harness.runtime.start(listener)).rejects.toMatchObject({
			message: expect.stringMatching(/NotCapable|EPERM/),
		});
		expect((await harness.lines("listener")).map(({ message }) => message)).not.toContain("listening");
	});

	test("a connection to this machine's own addresses", async () => {
		const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
		for (const { address, family } of addresses) {
			const { result, error } = await probe(`return Deno.connect({ hostname: "${address}", port: $PORT })`);
			expect(result).toBeUndefined();
			expect(error, `${family} ${address}`).toContain("NotCapable");
		}
	});

	test("storage that another function filled", async () => {
		const write = `export default async () => { localStorage.setItem("x", "1"); await (await caches.open("c")).put("https://x.example/", new Response("1")); return new Response("written"); };`;
		const writer = await harness.runtime.start(launch(write, {}, { function: "writer" }));
		expect((await ask(writer.socketPath)).body).toBe("written");
		expect(await probe(`return localStorage.getItem("x")`)).toEqual({ result: "null" });
		expect(await probe(`return (await caches.open("c")).match("https://x.example/")`)).toEqual({
			result: "undefined",
		});
	});
});

describe("allowed", () => {
	test("temporary files in a directory of its own", async () => {
		const code = `const path = await Deno.makeTempFile(); await Deno.writeTextFile(path, "kept"); return path + " " + (await Deno.readTextFile(path)) + " " + Deno.cwd()`;
		const [path, content, cwd] = ((await probe(code)).result ?? "").split(" ");
		expect(content).toBe("kept");
		expect(path?.startsWith(`${cwd}/`)).toBe(true);
	});

	test("enumerating the environment, which holds its own values only", async () => {
		const { result } = await probe(`return JSON.stringify([Deno.env.toObject(), process.env])`);
		expect(result).not.toContain(CANARY);
		expect(JSON.parse(result ?? "")[0]).toEqual({ OWN: "own-value", TMPDIR: expect.any(String) });
	});

	test("what the operator names, and no port beside it", async () => {
		const other = createTcpServer((socket) => socket.end());
		await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
		const otherPort = (other.address() as { port: number }).port;
		const open = await openRuntime({ allowNet: [`127.0.0.1:${port}`] });
		const instance = await open.runtime.start(launch(EVAL));
		const run = async (body: string) =>
			JSON.parse((await ask(instance.socketPath, "/", { method: "POST", body })).body);
		for (const host of ["127.0.0.1", "localhost"]) {
			expect(
				await run(`return fetch("http://${host}:${port}/").then((response) => response.text())`),
			).toEqual({ result: "reached" });
			expect((await run(`return Deno.connect({ hostname: "${host}", port: ${otherPort} })`)).error).toContain(
				"NotCapable",
			);
		}
		expect((await run(`return Deno.connect({ hostname: "127.0.0.2", port: ${port} })`)).error).toContain(
			"NotCapable",
		);
		await open.close();
		other.close();
	});
});

test("values are in neither the command line nor the environment nor a file", async () => {
	for (const file of ["environ", "cmdline"]) {
		expect(await readFile(`/proc/${neighbour.pid}/${file}`, "latin1")).not.toContain(CANARY);
	}
	expect(await readFile(`/proc/${neighbour.pid}/environ`, "latin1")).toContain("DENO_DIR=");
	expect((await ask(neighbour.socketPath)).body).toBe(CANARY);
});
