/** Processes end in every case, and with the right reason. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readlink, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { mayChangeUser } from "../../../src/platform/machine/users.ts";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";
import { ask, EGRESS_PROGRAM, type Harness, HOST_PATH, isAlive, launch, openRuntime } from "./harness.ts";
import { bundleForNode } from "./strip.ts";

const HELLO = `export default () => new Response("hello");`;
const STUBBORN = `Deno.addSignalListener("SIGTERM", () => console.log("never")); export default () => new Response(String(Deno.pid));`;

let harness: Harness;
beforeAll(async () => {
	harness = await openRuntime();
});
afterAll(() => harness.close());

const ended = (pid: number) => expect(isAlive(pid)).toBe(false);

describe("an instance", () => {
	test("can be reached only by the user of the platform, or by its own user if it has one", async () => {
		const instance = await harness.runtime.start(launch(HELLO));
		const folder = join(instance.socketPath, "..");
		const isShared = !mayChangeUser();
		const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
		expect(await modeOf(folder)).toBe(isShared ? 0o700 : 0o710);
		expect(await modeOf(harness.directory)).toBe(isShared ? 0o700 : 0o711);
		expect(Buffer.byteLength(instance.socketPath)).toBeLessThan(104);
		const [bundle] = await readdir(join(harness.directory, "bundles"));
		expect(await modeOf(join(harness.directory, "bundles", bundle ?? ""))).toBe(isShared ? 0o400 : 0o440);
		await instance.stop();
	});

	test("has a socket path that is short enough, however deep the directory is", async () => {
		const directory = join(harness.directory, "d".repeat(120));
		const deep = await openRuntime({ directory });
		const instance = await deep.runtime.start(launch(HELLO));
		expect(Buffer.byteLength(instance.socketPath)).toBeLessThan(104);
		expect(instance.socketPath.startsWith(directory)).toBe(false);
		const place = await readlink(join(directory, "place"));
		expect((await stat(place)).mode & 0o777).toBe(mayChangeUser() ? 0o711 : 0o700);
		expect((await ask(instance.socketPath)).body).toBe("hello");
		await deep.close();
		await expect(stat(place)).rejects.toMatchObject({ code: "ENOENT" });
	});

	test.each([STUBBORN, `export default () => { for (;;); };`])(
		"is killed where SIGTERM does not end it: %s",
		async (code) => {
			const instance = await harness.runtime.start(launch(code));
			if (code !== STUBBORN) ask(instance.socketPath).catch(() => undefined);
			else await ask(instance.socketPath);
			await instance.stop({ graceMs: 0 });
			ended(instance.pid);
			expect((await instance.exited).signal).toMatch(/^SIG(KILL|TERM)$/);
		},
	);

	test("that fills its heap ends, and its log has the reason", async () => {
		const small = await openRuntime({ heapMiB: 32 });
		const code = `const kept = []; export default () => { for (;;) kept.push({ a: kept.length, b: [kept.length] }); };`;
		const instance = await small.runtime.start(launch(code));
		await expect(ask(instance.socketPath)).rejects.toThrow();
		expect((await instance.exited).stderr).toContain("out of memory");
		await small.close();
	});

	test.each([
		["buffers", "kept.push(new Uint8Array(20_000_000).fill(1))"],
		[
			"WebAssembly",
			"const memory = new WebAssembly.Memory({ initial: 300 }); new Uint8Array(memory.buffer).fill(1); kept.push(memory)",
		],
		[
			"workers, each with a heap of its own",
			"kept.push(new Worker('data:text/javascript,self.kept = Array.from({ length: 3e6 }, (_, n) => ({ n }))', { type: 'module' }))",
		],
	])("that takes memory outside its heap is killed, and its neighbour is not: %s", async (_, take) => {
		const small = await openRuntime({ memoryMiB: 300 });
		const neighbour = await small.runtime.start(launch(HELLO, {}, { function: "neighbour" }));
		const code = `const kept = []; export default () => { setInterval(() => { ${take}; }, 1); return new Response("ok"); };`;
		const hog = await small.runtime.start(launch(code));
		// On a busy machine the process may be ended before its response is read.
		await ask(hog.socketPath).catch(() => {});
		const { signal, stderr } = await hog.exited;
		expect(signal).toBe("SIGKILL");
		// If the kernel limits memory, its limit comes first, and the function allocates all of it between two checks.
		const message =
			/^The function used (more than 300 MiB of memory|\d+ MiB of memory at once) and was ended\.$/;
		await vi.waitFor(async () => expect((await small.lines("pay")).at(-1)?.message).toMatch(message));
		expect(["", (await small.lines("pay")).at(-1)?.message]).toContain(stderr);
		expect((await ask(neighbour.socketPath)).body).toBe("hello");
		await small.close();
	});

	test("ignores Ctrl-C in the terminal, because the platform handles it", async () => {
		const instance = await harness.runtime.start(launch(HELLO));
		process.kill(instance.pid, "SIGINT");
		expect((await ask(instance.socketPath)).body).toBe("hello");
		await instance.stop();
	});
});

test("two versions of the same code share one file, which is removed with the last version", async () => {
	const other = await openRuntime();
	const bundles = () => readdir(join(other.directory, "bundles"));
	const instances = await Promise.all([1, 2, 3].map(() => other.runtime.start(launch(HELLO))));
	expect(await bundles()).toHaveLength(1);
	await instances[0]?.stop();
	expect((await ask(instances[1]?.socketPath ?? "")).body).toBe("hello");
	await other.close();
	for (const { pid } of instances) ended(pid);
});

describe("a platform that is killed", () => {
	/** A platform in a separate process, with one idle function and one whose thread is blocked. */
	async function startPlatform(folder: string) {
		const script = join(harness.directory, "platform.mjs");
		const module = fileURLToPath(new URL("../../../src/platform/runtime/open-deno.ts", import.meta.url));
		await bundleForNode(module, join(harness.directory, "runtime.mjs"));
		const directory = join(harness.directory, folder);
		await writeFile(
			script,
			`import { createDenoRuntime } from "./runtime.mjs";
			let wrote;
			const written = new Promise((resolve) => (wrote = resolve));
			const options = ${JSON.stringify({ binary: await findDeno(), hostPath: HOST_PATH, egressProgram: EGRESS_PROGRAM, directory })};
			const runtime = await createDenoRuntime({ ...options, onLine: (app, name) => name === "blocked" && wrote() });
			const start = (name, code) => runtime.start({ app: "a", function: name, deployment: "d", code: new TextEncoder().encode(code), environment: new Map() });
			const idle = await start("idle", "export default () => new Response('x')");
			const blocked = await start("blocked", "Deno.serve(() => {}); setTimeout(() => { console.log('blocked'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); }, 100);");
			await written;
			console.log(JSON.stringify([idle, blocked].map(({ pid, socketPath }) => ({ pid, socketPath }))));`,
		);
		const platform = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
		const [line] = await once(platform.stdout, "data");
		const [idle, blocked] = JSON.parse(String(line));
		return { platform, directory, idle, blocked };
	}

	/** A connection to a process, and a promise that resolves when the process's end closes it. */
	async function attach(socketPath: string): Promise<{ closed: Promise<unknown> }> {
		const socket = connect(socketPath);
		await once(socket, "connect");
		// The connection may end normally or with a reset.
		socket.on("error", () => {}).resume();
		return { closed: new Promise((resolve) => socket.once("close", resolve)) };
	}

	test.each([
		["in its directory", "killed"],
		["elsewhere, where its directory is too deep for sockets", "k".repeat(120)],
	])(
		"takes its functions with it; what cannot hear of it is ended by the next one: %s",
		async (_, folder) => {
			const { platform, directory, idle, blocked } = await startPlatform(folder);
			const [one, other] = [await attach(idle.socketPath), await attach(blocked.socketPath)];
			platform.kill("SIGKILL");
			await one.closed;
			expect(isAlive(blocked.pid)).toBe(true);
			const next = await openRuntime({ directory });
			await other.closed;
			const place = await readlink(join(directory, "place")).catch(() => directory);
			expect(await readdir(join(place, "bundles"))).toEqual([]);
			await expect(stat(join(blocked.socketPath, ".."))).rejects.toMatchObject({ code: "ENOENT" });
			await next.close();
		},
	);
});
