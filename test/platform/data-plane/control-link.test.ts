/** The data plane's connection to a control plane that comes and goes. */
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { Channel, type Handlers } from "../../../src/platform/channel/channel.ts";
import type {
	ControlPlaneContract,
	DataPlaneContract,
	LineMessage,
} from "../../../src/platform/data-plane/messages.ts";
import { ControlLink } from "../../../src/platform/data-plane/process/control-link.ts";
import { FaultBoundary } from "../../../src/platform/faults/error-boundary.ts";

const line = (message: string): LineMessage => ({
	...{ app: "a", lifetime: "f", name: "pay" },
	line: { time: "2026-01-01T00:00:00.000Z", level: "info", message },
});

/** A link whose only call is `hello`, and a way to connect control planes to it. */
async function open() {
	const folder = await mkdtemp(join(tmpdir(), "coffer-link-"));
	const path = join(folder, "s");
	const faults = new FaultBoundary("process");
	const link = new ControlLink(faults);
	const hello = async () => {
		link.ready();
		return { data: null };
	};
	await link.listen(path, { calls: { hello }, events: {} } as unknown as Handlers<DataPlaneContract>);
	const sockets: Socket[] = [];
	onTestFinished(async () => {
		for (const socket of sockets) socket.destroy();
		await rm(folder, { recursive: true });
	});
	/** Connects a control plane, which notes what it gets. */
	const control = () => {
		const got: unknown[] = [];
		const socket = connect(path);
		sockets.push(socket);
		const handlers = {
			calls: { ensure: async ({ app }: { app: string }) => ({ data: { instance: `i-${app}` } }) },
			events: {
				lines: (lines: readonly LineMessage[]) => got.push(...lines.map((each) => each.line.message)),
				log: ({ fields, message }: { fields: object; message: string }) => got.push([message, fields]),
				answered: ({ instance }: { instance: string }) => got.push(instance),
			},
		} as unknown as Handlers<ControlPlaneContract>;
		const channel = new Channel<ControlPlaneContract, DataPlaneContract>(socket, handlers, faults);
		return { got, socket, channel, hello: () => channel.call("hello", { protocol: 1 }) };
	};
	return { link, control };
}

test("lines wait for a control plane and come after its greeting; events about the state do not wait", async () => {
	const { control, link } = await open();
	link.emitKept("lines", [line("one")], 10);
	link.emit("answered", { instance: "i1" });
	link.emitKept("lines", [line("two")], 10);
	const first = control();
	await first.hello();
	await vi.waitFor(() => expect(first.got).toEqual(["one", "two"]));
	link.emit("answered", { instance: "i2" });
	await vi.waitFor(() => expect(first.got).toEqual(["one", "two", "i2"]));
	expect(link.isConnected).toBe(true);
});

test("what is kept waits for the next control plane if one ends right after its greeting", async () => {
	const { control, link } = await open();
	link.emitKept("lines", [line("one")], 10);
	link.ready();
	await setImmediate();
	expect(link.isConnected).toBe(false);
	const next = control();
	await next.hello();
	await vi.waitFor(() => expect(next.got).toEqual(["one"]));
});

test("what is beyond the limit is dropped, and the number is reported", async () => {
	const { control, link } = await open();
	const big = line("x".repeat(1024 * 1024));
	for (let count = 0; count < 10; count++) link.emitKept("lines", [big], 1.1 * 1024 * 1024);
	const next = control();
	await next.hello();
	await vi.waitFor(() => expect(next.got).toHaveLength(7));
	link.emitKept("lines", [line("after")], 10);
	const dropped = "lines or requests of functions were not stored: the platform was too slow";
	await vi.waitFor(() => expect(next.got.slice(7)).toEqual(["after", [dropped, { messages: 3 }]]));
});

test("a second caller is refused while one is connected, and accepted after it has ended", async () => {
	const { control, link } = await open();
	let left = 0;
	link.onDisconnected = () => left++;
	const first = control();
	await first.hello();
	await expect(control().hello()).rejects.toThrow("has ended");
	expect(link.isConnected).toBe(true);
	first.socket.destroy();
	await vi.waitFor(() => expect([link.isConnected, left]).toEqual([false, 1]));
	await control().hello();
	await link.connected();
});

test("a call waits for a control plane, and fails if that ends before it answers", async () => {
	const { control, link } = await open();
	const waiting = link.call("ensure", { app: "shop", function: "pay" });
	const first = control();
	await first.hello();
	expect((await waiting).data).toEqual({ instance: "i-shop" });
	const failing = expect(link.call("sync", null)).rejects.toThrow();
	first.socket.destroy();
	await failing;
});
