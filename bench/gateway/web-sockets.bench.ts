/** WebSockets of functions that nothing changes, while another function is redeployed. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Bench, BenchContext, Row } from "../harness.ts";
import { makeProject, startPlatform } from "../platform/running-platform.ts";

/** A function may have 4,096 open files, so the WebSockets are those of several functions. */
const FUNCTIONS = 4;
const BATCH = 100;
/** Where a process may have 20,000 open files, one gateway accepts 8,952 connections. */
const GATEWAYS = 2;

const ECHO = `Deno.serve((request) => {
	const { response, socket } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
	socket.onmessage = ({ data }) => socket.send(data);
	return response;
});\n`;
const BUSY = `Deno.serve(() => new Response(Deno.env.get("VALUE")));\n`;

/** A text frame "hi" of a client (RFC 6455, section 5), with a mask of zeros. */
const QUESTION = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
/** The same from the server, without a mask. */
const ANSWER = Buffer.from([0x81, 0x02, 0x68, 0x69]);

async function openSocket({ hostname, pathname, port }: URL): Promise<Socket> {
	const socket = connect(Number(port), hostname);
	socket.on("error", () => socket.destroy());
	const upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
	const key = `Sec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}`;
	socket.write(`GET ${pathname} HTTP/1.1\r\nHost: bench\r\n${[...upgrade, key].join("\r\n")}\r\n\r\n`);
	const [head] = (await once(socket, "data")) as [Buffer];
	if (!head.toString("latin1").startsWith("HTTP/1.1 101 ")) throw new Error(`No WebSocket: ${head}`);
	return socket;
}

/** Whether the function still answers on a WebSocket. */
async function answers(socket: Socket): Promise<boolean> {
	if (socket.destroyed) return false;
	const closed = once(socket, "close").then(() => undefined);
	const answered = once(socket, "data").then(([data]) => data as Buffer);
	socket.write(QUESTION);
	const data = await Promise.race([answered, closed]);
	return data?.equals(ANSWER) === true;
}

/** Calls a function for each index, a batch at a time. */
async function inBatches<T>(count: number, call: (index: number) => Promise<T>): Promise<T[]> {
	const results: T[] = [];
	for (let begin = 0; begin < count; begin += BATCH) {
		const indexes = Array.from({ length: Math.min(BATCH, count - begin) }, (_, index) => begin + index);
		results.push(...(await Promise.all(indexes.map(call))));
	}
	return results;
}

async function keptRow(context: BenchContext): Promise<Row> {
	const [count, times] = context.smoke ? [20, 2] : [10_000, 20];
	await using platform = await startPlatform(context, "--gateways", String(GATEWAYS));
	const names = Array.from({ length: FUNCTIONS }, (_, index) => `echo${index}`);
	const files = Object.fromEntries(names.map((name) => [`functions/${name}/index.ts`, ECHO]));
	const all = { ...files, "functions/busy/index.ts": BUSY };
	const run = await makeProject(context, platform, platform.control, all, ["VALUE=first"]);
	const urlOf = (name: string) => new URL(`${platform.listen}/bench/${name}`);
	const sockets = await inBatches(count, (index) => openSocket(urlOf(`echo${index % FUNCTIONS}`)));
	for (let time = 1; time <= times; time++) await run("secrets", "set", `VALUE=${time}`);
	const served = await (await fetch(urlOf("busy"))).text();
	const kept = (await inBatches(count, (index) => answers(sockets[index] as Socket))).filter(Boolean).length;
	for (const socket of sockets) socket.destroy();
	return {
		figure: `${count.toLocaleString("en")} WebSockets of ${FUNCTIONS} functions while another is redeployed ${times} times`,
		target: "all stay",
		measured: `${kept.toLocaleString("en")} answer`,
		beside: `the other serves its last value: ${served === String(times) ? "yes" : "no"}`,
		reached: kept === count && served === String(times),
	};
}

export const bench: Bench = {
	name: "WebSockets during redeploys",
	async run(context) {
		return [await keptRow(context)];
	},
};
