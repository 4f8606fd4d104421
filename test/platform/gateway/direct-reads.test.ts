/** Data of a socket arrives once and in its order, whether it goes through the socket's stream or not. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { readDirectly } from "../../../src/platform/gateway/direct-reads.ts";

const SEEDS = 40;
const BYTES = 300_000;
/** So many bytes follow one after the other before they repeat: more than a read has. */
const PERIOD = 65_521;

/** Numbers from 0 to 1 that are the same for a seed. */
function draws(seed: number): () => number {
	let state = seed + 1;
	return () => {
		state = (state * 48_271) % 2_147_483_647;
		return state / 2_147_483_647;
	};
}

/** Both ends of a connection. */
async function connected(): Promise<{ reading: Socket; writing: Socket }> {
	const server = createServer({ allowHalfOpen: true });
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const writing = connect((server.address() as { port: number }).port, "127.0.0.1");
	const [reading] = (await once(server, "connection")) as [Socket];
	onTestFinished(() => {
		for (const socket of [reading, writing]) socket.destroy();
		server.close();
	});
	return { reading, writing };
}

function pattern(size: number): Buffer {
	const words = new Uint16Array(Math.ceil(size / 2)).map((_, index) => index % PERIOD);
	return Buffer.from(words.buffer).subarray(0, size);
}

/** Writes in pieces of any size, and waits in between now and then. */
async function write(socket: Socket, data: Buffer, draw: () => number): Promise<void> {
	for (let at = 0; at < data.length; ) {
		const end = at + 1 + Math.floor(draw() ** 3 * 40_000);
		socket.write(data.subarray(at, end));
		at = end;
		if (draw() < 0.3) await setImmediate();
	}
	socket.end();
}

test("with pauses at any time, nothing is lost, repeated or out of order, and the end comes last", async () => {
	let direct = 0;
	for (let seed = 0; seed < SEEDS; seed++) {
		const draw = draws(seed);
		const { reading, writing } = await connected();
		const got: Buffer[] = [];
		let throughStream = 0;
		reading.on("data", () => throughStream++);
		readDirectly(reading, (data) => {
			expect(reading.isPaused()).toBe(false);
			got.push(Buffer.from(data));
			if (draw() > 0.3) return;
			reading.pause();
			void (draw() < 0.5 ? setImmediate() : Promise.resolve()).then(() => reading.resume());
		});
		const ended = once(reading, "end");
		const sent = pattern(BYTES);
		await Promise.all([write(writing, sent, draw), ended]);
		expect(Buffer.concat(got).equals(sent), `seed ${seed}`).toBe(true);
		expect(throughStream).toBeLessThanOrEqual(got.length);
		direct += got.length - throughStream;
		for (const socket of [reading, writing]) socket.destroy();
	}
	expect(direct).toBeGreaterThan(SEEDS);
});

test("while the socket is paused, the sender has to wait", async () => {
	const { reading, writing } = await connected();
	let bytes = 0;
	readDirectly(reading, (data) => {
		bytes += data.length;
	});
	reading.pause();
	const sent = Buffer.alloc(32 * 1024 * 1024);
	writing.end(sent);
	while (reading.readableLength < reading.readableHighWaterMark) await setImmediate();
	const waiting = reading.readableLength;
	for (let turn = 0; turn < 100; turn++) await setImmediate();
	expect([bytes, reading.readableLength]).toEqual([0, waiting]);
	expect(writing.writableLength).toBeGreaterThan(sent.length / 2);
	reading.resume();
	await once(reading, "end");
	expect(bytes).toBe(sent.length);
});

test("what comes after it has ended goes through the stream, in full and in order", async () => {
	const { reading, writing } = await connected();
	const first: Buffer[] = [];
	const stop = readDirectly(reading, (data) => void first.push(data));
	writing.write("one");
	while (first.length === 0) await setImmediate();
	stop();
	const rest: Buffer[] = [];
	reading.on("data", (data: Buffer) => void rest.push(data));
	writing.write("two");
	while (rest.length === 0) await setImmediate();
	writing.end("three");
	await once(reading, "end");
	expect([Buffer.concat(first).toString(), Buffer.concat(rest).toString()]).toEqual(["one", "twothree"]);
});

test("data does not overtake what waits in the stream", async () => {
	const { reading } = await connected();
	const got: string[] = [];
	readDirectly(reading, (data) => void got.push(data.toString()));
	reading.pause();
	reading.push(Buffer.from("first"));
	reading.resume();
	reading.push(Buffer.from("second"));
	expect(got).toEqual([]);
	await setImmediate();
	expect(got.join(" ")).toMatch(/^first ?second$/);
});

test("a socket that was destroyed passes on nothing more", async () => {
	const { reading, writing } = await connected();
	let count = 0;
	readDirectly(reading, () => {
		count++;
		reading.destroy();
		reading.push(Buffer.from("later"));
	});
	writing.write("now");
	await once(reading, "close");
	expect(count).toBe(1);
});
