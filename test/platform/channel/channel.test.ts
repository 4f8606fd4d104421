/** Calls and events between two processes: their order, their errors, and the end of the other side. */
import { connect, createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { AppError, EXIT } from "../../../src/errors.ts";
import { Channel, ChannelClosed, type Handlers } from "../../../src/platform/channel/channel.ts";
import { encodeFrame, FrameReader } from "../../../src/platform/channel/frames.ts";
import { FaultBoundary } from "../../../src/platform/faults/error-boundary.ts";
import { anyText } from "../../support/values/any-text.ts";

interface Side {
	readonly calls: {
		readonly double: { in: number; out: number };
		readonly fail: { in: string; out: null };
		readonly never: { in: null; out: null };
	};
	readonly events: { readonly note: string };
}

const REFUSED = new AppError({
	...{ code: "REFUSED", message: "It is refused.", hint: "Ask later.", exit: EXIT.conflict },
	...{ names: ["a"], data: { left: 2 } },
});

/** A side that notes the events that arrive, with their bodies. */
function side(noted: string[]): Handlers<Side> {
	return {
		calls: {
			double: async (data, body) => ({ data: 2 * data, body: Buffer.concat([body, body]) }),
			fail: async (how) => {
				throw how === "known" ? REFUSED : new TypeError("a-secret-value");
			},
			never: () => new Promise(() => {}),
		},
		events: {
			note: (text, body) => {
				if (text === "throw") throw new Error("The handler failed.");
				noted.push(`${text} ${body.toString()}`.trim());
			},
		},
	};
}

/** Two connected channels. */
async function pair() {
	const noted = { here: [] as string[], there: [] as string[] };
	const faults = new FaultBoundary("process");
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as { port: number };
	const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
	const socket = connect(port, "127.0.0.1");
	const here = new Channel<Side, Side>(socket, side(noted.here), faults);
	const there = new Channel<Side, Side>(await accepted, side(noted.there), faults);
	onTestFinished(() => {
		here.close();
		there.close();
		server.close();
	});
	return { here, there, noted, faults, socket };
}

test("both sides call each other, with bodies, and answers go to their calls in any order", async () => {
	const { here, there } = await pair();
	const calls = [3, 1, 2].map((each) => here.call("double", each, Buffer.from(String(each))));
	const answers = (await Promise.all(calls)).map(({ body, data }) => [data, body.toString()]);
	expect(answers).toEqual([
		[6, "33"],
		[2, "11"],
		[4, "22"],
	]);
	expect((await there.call("double", 21)).data).toBe(42);
});

test("events arrive in their order, before the answer to a later call", async () => {
	const { here, noted } = await pair();
	for (const text of ["a", "b"]) here.emit("note", text, Buffer.from("!"));
	here.emit("note", "c");
	await here.call("double", 1);
	expect(noted.there).toEqual(["a !", "b !", "c"]);
});

test("an error that the platform knows crosses whole; another one crosses without its text", async () => {
	const { here } = await pair();
	const known = await here.call("fail", "known").catch((error: unknown) => error);
	expect(known).toBeInstanceOf(AppError);
	expect({ ...(known as AppError).toJSON(), data: (known as AppError).data }).toEqual({
		...{ code: "REFUSED", message: "It is refused.", hint: "Ask later.", exit: 5 },
		...{ names: ["a"], data: { left: 2 } },
	});
	const unknown = await here.call("fail", "unknown").catch((error: unknown) => error);
	expect(unknown).not.toBeInstanceOf(AppError);
	expect(String(unknown)).toBe("Error: The other process failed: TypeError");
});

test("a handler that throws ends neither the channel nor later events", async () => {
	const { faults, here, noted } = await pair();
	here.emit("note", "throw");
	here.emit("note", "after");
	await here.call("double", 1);
	expect([faults.count, noted.there]).toEqual([1, ["after"]]);
});

test("calls fail as soon as the other side closes, and later ones fail at once", async () => {
	const { here, there } = await pair();
	const waiting = here.call("never", null);
	const failed = expect(waiting).rejects.toBeInstanceOf(ChannelClosed);
	there.close();
	await failed;
	await here.closed;
	await expect(here.call("double", 1)).rejects.toBeInstanceOf(ChannelClosed);
	here.emit("note", "to nobody");
});

test("a stream that closed before is a closed channel", async () => {
	const stream = new Duplex();
	stream.destroy();
	await new Promise((resolve) => stream.once("close", resolve));
	const channel = new Channel(stream, side([]), new FaultBoundary("process"));
	await channel.closed;
	await expect(channel.call("double", 1)).rejects.toBeInstanceOf(ChannelClosed);
});

test.each([
	["a length beyond the limit", Buffer.alloc(8, 0xff)],
	["a message that is not JSON", Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7b])],
])("%s closes the channel", async (_, bytes) => {
	const { faults, socket, there } = await pair();
	socket.write(bytes);
	await there.closed;
	expect(faults.count).toBe(1);
});

test("an unknown event and an unknown call are no harm", async () => {
	const { here, noted, socket } = await pair();
	for (const message of [{ event: "unknown" }, { call: 77, name: "unknown" }, { answer: 99 }])
		for (const chunk of encodeFrame(message)) socket.write(chunk);
	expect((await here.call("double", 4)).data).toBe(8);
	expect(noted.there).toEqual([]);
});

test("frames are found wherever the stream is cut", () => {
	const frames = fc.array(fc.tuple(anyText({ maxLength: 20 }), fc.uint8Array({ maxLength: 40 })), {
		maxLength: 5,
	});
	fc.assert(
		fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 30 })), (sent, sizes) => {
			const bytes = Buffer.concat(sent.flatMap(([text, body]) => encodeFrame({ text }, body)));
			const reader = new FrameReader();
			const found: [unknown, string][] = [];
			for (let at = 0; at < bytes.length; ) {
				const end = at + (sizes.next().value as number);
				for (const { body, message } of reader.read(bytes.subarray(at, end)))
					found.push([message, body.toString("hex")]);
				at = end;
			}
			expect(found).toEqual(sent.map(([text, body]) => [{ text }, Buffer.from(body).toString("hex")]));
		}),
	);
});

test("an error of the stream closes the channel", async () => {
	const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
	const channel = new Channel<Side, Side>(stream, side([]), new FaultBoundary("process"));
	const failed = expect(channel.call("never", null)).rejects.toBeInstanceOf(ChannelClosed);
	stream.destroy(new Error("The system has no buffer left."));
	await failed;
});
