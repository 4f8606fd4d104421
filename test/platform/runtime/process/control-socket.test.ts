/** Messages on the control socket, which are untrusted, because a function can write there. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { FaultBoundary } from "../../../../src/platform/faults/error-boundary.ts";
import { findDeno } from "../../../../src/platform/runtime/deno-binary.ts";
import { ReadScheduler } from "../../../../src/platform/runtime/output/read-scheduler.ts";
import {
	type ControlMessages,
	ControlSocket,
	MessageReader,
} from "../../../../src/platform/runtime/process/control-socket.ts";
import { HOST_PATH } from "../harness.ts";

const PONG = '{"pong":1,"holding":true}';

const read = (...parts: string[]) => {
	const messages = new MessageReader();
	return parts.map((part) => messages.read(part));
};

describe("messages", () => {
	test("of two messages of one kind the last is used, however the bytes are split", () => {
		const text =
			'{"holding":true}\n{"ready":true}\n{"nonsense":1}\n{"pong":6,"holding":true}\n{"pong":7,"holding":false}\n';
		const expected: ControlMessages = { isHeld: false, isListening: true, pong: 7 };
		expect(read(text)).toEqual([expected]);
		fc.assert(
			fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
				const at = [0, ...cuts.sort((a, b) => a - b), text.length];
				const parts = at.slice(1).map((end, index) => text.slice(at[index], end));
				expect(Object.assign({}, ...read(...parts))).toEqual(expected);
			}),
		);
	});

	test("a message after many others is not lost", () => {
		const [said] = read(`${'{"holding":true}\n'.repeat(1_000)}{"holding":false}\n`);
		expect(said).toEqual({ isHeld: false });
	});

	test("a line that never ends is discarded, and the next line is read", () => {
		const messages = new MessageReader();
		for (let mebibyte = 0; mebibyte < 10; mebibyte++)
			expect(messages.read("x".repeat(1024 * 1024))).toEqual({});
		expect(messages.read('\n{"pong":1,"holding":true}\n')).toEqual({ pong: 1, isHeld: true });
		const odd = [" ".repeat(100) + PONG, '{"pong":true}', '{"pong":-1,"holding":true}', '{"pong":1}'];
		expect(read(`${odd.join("\n")}\n{"ready":true}\n`)).toEqual([{ isListening: true }]);
	});
});

describe("a socket", () => {
	let folder: string;
	let control: ControlSocket | undefined;
	let socket: Socket | undefined;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "coffer-control-"));
	});
	afterEach(() => {
		socket?.destroy();
		control?.close();
		rmSync(folder, { recursive: true, force: true });
	});

	async function open(onListening: () => Promise<void> = async () => {}) {
		const tasks: (() => void)[] = [];
		const events = { held: [] as boolean[], pongs: 0, received: "", messages: [] as unknown[] };
		const scheduler = new ReadScheduler({
			intervalMs: 20,
			perRound: { lines: 100, bytes: 64 * 1024 },
			perSlice: { lines: 100, bytes: 64 * 1024 },
			now: () => 0,
			schedule: (task) => tasks.push(task),
		});
		control = new ControlSocket({
			path: join(folder, "c"),
			user: undefined,
			scheduler,
			faults: new FaultBoundary("function"),
			handover: Promise.resolve("the hand-over"),
			onListening,
			onHolding: (isHeld) => events.held.push(isHeld),
			onMessage: (message) => events.messages.push(message),
			onPong: () => events.pongs++,
			onError: () => {},
		});
		socket = connect(join(folder, "c"));
		socket.on("data", (chunk: Buffer) => {
			events.received += chunk.toString();
		});
		await vi.waitFor(() => expect(events.received).toBe("the hand-over\n"));
		return { events, socket, tasks, control };
	}

	test("waits for the answer to its own ping, or the wait ends", async () => {
		const { control, events, socket } = await open();
		control.ping();
		let heldAtAnswer: boolean[] = [];
		const answered = control.answer().then(() => {
			heldAtAnswer = [...events.held];
		});
		await vi.waitFor(() => expect(events.received).toContain("ping 1\nping 2\n"));
		// An earlier answer may say nothing of the work of the last response.
		socket.write('{"pong":1,"holding":false}\n');
		await vi.waitFor(() => expect(events.pongs).toBe(1));
		expect(heldAtAnswer).toEqual([]);
		socket.write('{"pong":2,"holding":true}\n');
		await answered;
		expect(heldAtAnswer).toEqual([false, true]);
		await control.answer();
		expect(events.pongs).toBe(2);
	});

	test("that is flooded is read one turn at a time, and reports the last message once a turn", async () => {
		const { events, socket, tasks } = await open();
		let sent = 0;
		const flood = () => {
			while (socket.write(`{"holding":false}\n${PONG}\n`.repeat(1_000))) sent += 2_000;
		};
		socket.on("drain", flood);
		flood();
		for (let turn = 0; turn < 20; turn++) {
			await vi.waitFor(() => expect(tasks).not.toEqual([]));
			tasks.shift()?.();
		}
		expect(sent).toBeGreaterThan(2_000);
		// One part is read in each turn. The rest waits in the system, and so does the writer.
		expect(events.held.length).toBeLessThanOrEqual(21);
		expect(events.pongs).toBeLessThanOrEqual(21);
	});

	test("is served once at a time, however often the message comes", async () => {
		const settle: (() => void)[] = [];
		const onListening = () => new Promise<void>((resolve) => settle.push(resolve));
		const { socket } = await open(onListening);
		for (let round = 0; round < 5; round++) {
			socket.write('{"ready":true}\n');
			await new Promise((resolve) => setImmediate(resolve));
		}
		await vi.waitFor(() => expect(settle).toHaveLength(1));
		settle[0]?.();
		await vi.waitFor(() => expect(settle).toHaveLength(2));
		settle[1]?.();
	});

	test("carries pings after the hand-over", async () => {
		const { control, events } = await open();
		control.ping();
		await vi.waitFor(() => expect(events.received).toBe("the hand-over\nping 1\n"));
	});
});

test("each answer to a ping says whether the function keeps its process, because a message may be lost", async () => {
	const folder = await mkdtemp(join(tmpdir(), "cc-"));
	onTestFinished(() => rm(folder, { recursive: true }));
	const [path, bundle] = [join(folder, "c"), join(folder, "b.js")];
	const code = `globalThis.EdgeRuntime.waitUntil(new Promise(() => {})); export default () => new Response("");`;
	await writeFile(bundle, code);
	const server = createServer().listen(path);
	const child = spawn(await findDeno(), ["run", "--quiet", "-A", "--no-config", HOST_PATH, path], {
		env: { DENO_DIR: folder, NO_COLOR: "1" },
		stdio: "ignore",
	});
	onTestFinished(() => {
		child.kill("SIGKILL");
		server.close();
	});
	const [socket] = (await once(server, "connection")) as [Socket];
	let received = "";
	socket.setEncoding("utf8").on("data", (text: string) => {
		received += text;
	});
	const handover = { bundle: `file://${bundle}`, socketPath: join(folder, "s"), environment: {}, begin: "x" };
	socket.write(`${JSON.stringify(handover)}\n`);
	await vi.waitFor(() => expect(received).toBe('{"holding":true}\n{"ready":true}\n'), { timeout: 60_000 });
	received = "";
	socket.write("ping 12\n");
	await vi.waitFor(() => expect(received).toBe('{"pong":12,"holding":true}\n'), { timeout: 60_000 });
});
