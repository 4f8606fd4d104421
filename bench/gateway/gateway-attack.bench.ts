/**
 * Response times while a thousand other clients send as slowly as they can, and the memory that endless
 * bodies take.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { cryptoReady } from "../../src/crypto.ts";
import { formatIdentity, newIdentity } from "../../src/identity/identity.ts";
import { type Bench, type BenchContext, median, type Row } from "../harness.ts";

const SLOW = 1_000;
const DRIP_MS = 1_000;
const REQUESTS = 300;
const P99_MAX_MS = 200;
const ENDLESS_BYTES = 10 * 1024 ** 3;
const GROWTH_MAX_MIB = 50;
const MIB = 1024 * 1024;

const FUNCTION = `export default async (request: Request) => {
	let size = 0;
	for await (const chunk of request.body ?? []) size += chunk.length;
	return new Response(String(size));
};
`;

interface Served extends AsyncDisposable {
	readonly pid: number;
	readonly port: number;
}

function coffer(context: BenchContext, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
	return spawn(process.execPath, [context.program, ...args], {
		cwd: context.folder,
		env: { ...process.env, ...env },
		stdio: ["ignore", "pipe", "ignore"],
	});
}

/** A platform with one function, `sink`, that reads bodies. */
async function serve(context: BenchContext): Promise<Served> {
	const place = [
		"--data",
		join(context.folder, "data"),
		"--identity-file",
		join(context.folder, "platform.identity"),
	];
	const ports = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--json"];
	const platform = coffer(context, ["platform", "start", ...place, ...ports], {});
	const [line] = (await once(
		createInterface({ input: platform.stdout as NodeJS.ReadableStream }),
		"line",
	)) as [string];
	const ready = JSON.parse(line) as { listen: string; control: string; token: string };
	await cryptoReady;
	const env = {
		COFFER_IDENTITY: formatIdentity(newIdentity()),
		COFFER_TOKEN: ready.token,
		XDG_STATE_HOME: join(context.folder, "state"),
	};
	await mkdir(join(context.folder, "functions"), { recursive: true });
	await writeFile(join(context.folder, "functions/sink.ts"), FUNCTION);
	for (const args of [["init"], ["link", ready.control, "--app", "attack"], ["functions", "deploy"]]) {
		const [status] = await once(coffer(context, args, env), "exit");
		if (status !== 0) throw new Error(`coffer ${args[0]} exited with ${status}`);
	}
	return {
		pid: platform.pid ?? 0,
		port: Number(new URL(ready.listen).port),
		[Symbol.asyncDispose]: async () => {
			platform.kill("SIGTERM");
			await once(platform, "exit");
		},
	};
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function ask(port: number): Promise<number> {
	const startMs = performance.now();
	return new Promise((resolve, reject) => {
		const options = { host: "127.0.0.1", port, path: "/attack/sink", method: "POST", agent };
		const outgoing = request(options, (response) => {
			response.resume().once("end", () => {
				if (response.statusCode === 200) resolve(performance.now() - startMs);
				else reject(new Error(`status ${response.statusCode}`));
			});
		});
		outgoing.on("error", reject).end("hello");
	});
}

async function p99Of(port: number, count: number): Promise<number> {
	const times: number[] = [];
	for (let index = 0; index < count; index++) times.push(await ask(port));
	return times.toSorted((a, b) => a - b)[Math.ceil(count * 0.99) - 1] ?? Number.NaN;
}

/** Clients that send a byte now and then: half of them in the head, half in the body. */
class SlowClients implements Disposable {
	readonly #sockets: Socket[] = [];
	#timer: NodeJS.Timeout | undefined;

	async start(port: number, count: number): Promise<void> {
		const head = "POST /attack/sink HTTP/1.1\r\nHost: h\r\n";
		for (let index = 0; index < count; index++) {
			const isHead = index % 2 === 0;
			const socket = connect(port, "127.0.0.1");
			socket.on("error", () => undefined).resume();
			await once(socket, "connect");
			socket.write(isHead ? head : `${head}Content-Length: 1000000\r\n\r\n`);
			this.#sockets.push(socket);
		}
		this.#timer = setInterval(() => {
			for (const [index, socket] of this.#sockets.entries()) socket.write(index % 2 === 0 ? "X: y\r\n" : "x");
		}, DRIP_MS);
	}

	get openCount(): number {
		return this.#sockets.filter((socket) => socket.readyState === "open").length;
	}

	[Symbol.dispose](): void {
		clearInterval(this.#timer);
		for (const socket of this.#sockets) socket.destroy();
	}
}

async function slowRow({ port }: Served, context: BenchContext): Promise<Row> {
	const count = context.smoke ? 10 : REQUESTS;
	const clients = context.smoke ? 10 : SLOW;
	const [slow, alone]: [number[], number[]] = [[], []];
	let open = 0;
	for (let pair = context.smoke ? 0 : -1; pair < context.pairs(5); pair++) {
		const aloneMs = await p99Of(port, count);
		using attackers = new SlowClients();
		await attackers.start(port, clients);
		const slowMs = await p99Of(port, count);
		open = attackers.openCount;
		if (pair < 0) continue;
		alone.push(aloneMs);
		slow.push(slowMs);
	}
	const measured = median(slow);
	return {
		figure: `p99 of a request, ${clients.toLocaleString("en")} slow clients connected (${open} still at the end)`,
		target: `≤ ${P99_MAX_MS} ms`,
		measured: `${measured.toFixed(1)} ms`,
		beside: `without them: ${median(alone).toFixed(1)} ms`,
		reached: measured <= P99_MAX_MS,
	};
}

async function peakBytes(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, "latin1");
	return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Sends up to 10 GB, as long as the server accepts data. @returns the status, and the number of bytes sent */
async function pour(port: number, line: string, piece: Buffer): Promise<{ status: string; sent: number }> {
	const socket = connect(port, "127.0.0.1");
	let answer = "";
	let sent = 0;
	socket
		.on("error", () => undefined)
		.on("data", (chunk) => {
			answer += chunk.toString("latin1");
		});
	const push = () => {
		while (sent < ENDLESS_BYTES && socket.writable) {
			sent += piece.length;
			if (!socket.write(piece)) return;
		}
	};
	socket.on("drain", push);
	socket.once("connect", () => {
		socket.write(`POST /attack/sink HTTP/1.1\r\nHost: h\r\n${line}\r\n\r\n`);
		push();
	});
	// The server may close the connection while the client still writes. That is not a failure.
	await new Promise((resolve) => socket.once("close", resolve));
	return { status: answer.slice(9, 12), sent };
}

async function bodyRow({ pid, port }: Served, name: string, line: string, isChunked: boolean): Promise<Row> {
	const data = Buffer.alloc(MIB, "x");
	const piece = isChunked ? Buffer.concat([Buffer.from("100000\r\n"), data, Buffer.from("\r\n")]) : data;
	const before = await peakBytes(pid);
	const { status, sent } = await pour(port, line, piece);
	const grownMiB = ((await peakBytes(pid)) - before) / MIB;
	return {
		figure: `a body of 10 GB, ${name}: growth of the platform's resident memory, at its peak`,
		target: `413, ≤ ${GROWTH_MAX_MIB} MiB`,
		measured: `${status}, ${grownMiB.toFixed(1)} MiB`,
		beside: `before: ${(before / MIB).toFixed(0)} MiB; ${(sent / MIB).toFixed(0)} MiB were taken`,
		reached: status === "413" && grownMiB <= GROWTH_MAX_MIB,
	};
}

export const bench: Bench = {
	name: "clients that attack",
	async run(context) {
		await using served = await serve(context);
		return [
			await slowRow(served, context),
			await bodyRow(served, "announced", `Content-Length: ${ENDLESS_BYTES}`, false),
			await bodyRow(served, "in chunks", "Transfer-Encoding: chunked", true),
		];
	},
};
