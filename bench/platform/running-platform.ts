/** A real platform, a real project, and the programs that they are compared with. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { cryptoReady } from "../../src/crypto.ts";
import { formatIdentity, newIdentity } from "../../src/identity/identity.ts";
import { sharedWarm } from "../../test/stories/support/warm.ts";
import { PROGRAM } from "../../test/support/program.ts";
import type { BenchContext } from "../harness.ts";

export interface Coffer {
	readonly cwd: string;
	/** Runs a command to its end and returns its stdout. @throws Error if it fails */
	(...args: string[]): Promise<string>;
}

function coffer(context: BenchContext, cwd: string, env: NodeJS.ProcessEnv): Coffer {
	const run = async (...args: string[]) => {
		const child = spawn(process.execPath, [context.program, ...args], { cwd, env });
		const output = { stdout: "", stderr: "" };
		for (const name of ["stdout", "stderr"] as const)
			child[name].on("data", (chunk) => (output[name] += chunk));
		const [status] = await once(child, "close");
		if (status !== 0) throw new Error(`coffer ${args[0]} exited with ${status}: ${output.stderr}`);
		return output.stdout;
	};
	return Object.assign(run, { cwd });
}

/** Runs commands in a process that runs one after the other, which takes a fifth of the processor time of their starts. */
function inKeptProcess(run: Coffer, env: NodeJS.ProcessEnv) {
	const defined = (variables: NodeJS.ProcessEnv) =>
		Object.fromEntries(
			Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
		);
	return async (...args: string[]): Promise<void> => {
		const process = sharedWarm(defined(globalThis.process.env), defined(env));
		if (process === undefined) return void (await run(...args));
		const { status, stderr } = await process.run(args, run.cwd, defined(env));
		if (status !== 0) throw new Error(`coffer ${args[0]} ended with ${status}: ${stderr}`);
	};
}

export interface RunningPlatform extends AsyncDisposable {
	readonly listen: string;
	readonly control: string;
	readonly token: string;
	readonly pid: number;
	/** Kills the platform's process, and nothing else. */
	kill(): Promise<void>;
}

/**
 * Starts a platform on `data/` of the benchmark's folder.
 * @param context with the variables to add to the platform's environment, and the addresses of the gateway and of the
 *   control API, if they are not free ports
 * @param args further arguments of `platform start`
 * @throws Error if it ends before it is ready
 */
export async function startPlatform(
	{
		control = "127.0.0.1:0",
		environment,
		folder,
		listen = "127.0.0.1:0",
		program,
	}: BenchContext & {
		readonly environment?: NodeJS.ProcessEnv;
		readonly listen?: string;
		readonly control?: string;
	},
	...args: readonly string[]
): Promise<RunningPlatform> {
	const own = ["--data", join(folder, "data"), "--identity-file", join(folder, "platform.identity")];
	const ports = ["--listen", listen, "--control", control, "--json"];
	const child = spawn(process.execPath, [program, "platform", "start", ...own, ...ports, ...args], {
		env: { ...process.env, ...environment },
		stdio: ["ignore", "pipe", "ignore"],
	});
	const ended = once(child, "exit").then(([status]): never => {
		throw new Error(`platform start ended with ${status}`);
	});
	const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended])) as [
		string,
	];
	ended.catch(() => undefined);
	return {
		...(JSON.parse(line) as Pick<RunningPlatform, "listen" | "control" | "token">),
		pid: child.pid ?? -1,
		kill: () => end(child, "SIGKILL"),
		[Symbol.asyncDispose]: async () => await end(child, "SIGTERM"),
	};
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	child.kill(signal);
	await once(child, "exit");
}

/** A relay to the control API. It counts the bytes sent, and records when a response contains a text. */
export interface Relay extends Disposable {
	readonly url: string;
	readonly sent: { bytes: number; requests: number };
	/** Resolves with the moment at which the next response contained the text. */
	momentOf(text: string): Promise<number>;
}

export async function openRelay(control: string): Promise<Relay> {
	const { hostname, port } = new URL(control);
	const sent = { bytes: 0, requests: 0 };
	const awaited = new Map<string, (atMs: number) => void>();
	const server = createServer((client) => {
		const upstream = createConnection(Number(port), hostname);
		client.on("data", (chunk: Buffer) => {
			sent.bytes += chunk.length;
			sent.requests += chunk.toString("latin1").split(" HTTP/1.1\r\n").length - 1;
		});
		upstream.on("data", (chunk: Buffer) => {
			for (const [text, resolve] of awaited) {
				if (!chunk.includes(text)) continue;
				awaited.delete(text);
				resolve(performance.now());
			}
		});
		client.pipe(upstream).pipe(client);
		for (const socket of [client, upstream] as Socket[]) socket.on("error", () => socket.destroy());
	});
	const listening = await listenAnywhere(server);
	return {
		url: `http://127.0.0.1:${listening}`,
		sent,
		momentOf: (text) => new Promise((resolve) => awaited.set(text, resolve)),
		[Symbol.dispose]: () => void server.close(),
	};
}

async function listenAnywhere(server: Server): Promise<number> {
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("The server has no port.");
	return address.port;
}

/** A free port, which the system chose. */
export async function freePort(): Promise<number> {
	const server = createServer();
	const port = await listenAnywhere(server);
	server.close();
	await once(server, "close");
	return port;
}

/**
 * A new project, linked to an app, with its functions deployed.
 * @param files by path from the project's folder
 * @param app the app's id; each project of a benchmark has another one
 */
export async function makeProject(
	context: BenchContext,
	platform: Pick<RunningPlatform, "token">,
	url: string,
	files: Readonly<Record<string, string>>,
	secrets: readonly string[],
	app = "bench",
): Promise<Coffer> {
	const cwd = join(context.folder, "projects", app);
	for (const [path, text] of Object.entries(files)) {
		await mkdir(dirname(join(cwd, path)), { recursive: true });
		await writeFile(join(cwd, path), text);
	}
	await cryptoReady;
	const { COFFER_IDENTITY, ...inherited } = process.env;
	const env = {
		...inherited,
		XDG_STATE_HOME: join(context.folder, "state", app),
		COFFER_TOKEN: platform.token,
		COFFER_IDENTITY: formatIdentity(newIdentity()),
	};
	const run = coffer(context, cwd, env);
	const arrange = context.smoke && context.program === PROGRAM ? inKeptProcess(run, env) : run;
	await arrange("init");
	await arrange("secrets", "set", ...secrets);
	await arrange("link", url, "--app", app);
	await arrange("functions", "deploy");
	return run;
}

/**
 * Sends requests until the response is the expected one. Resolves with that moment. It pauses between
 * requests, so that it does not use the processor that the measured program needs.
 */
export async function servedAt(url: string, expected: string): Promise<number> {
	for (; ; await setTimeout(2)) {
		const text = await fetch(url).then(
			(response) => response.text(),
			() => undefined,
		);
		if (text === expected) return performance.now();
	}
}

/**
 * Starts plain `deno run` of a file that serves `VALUE` on `PORT`, and waits for its first response. @returns
 * the time, in ms
 */
export async function bareStart(deno: string, file: string): Promise<number> {
	const { ms } = await startBare(deno, file);
	return ms;
}

/**
 * The processor time, user and system, that such a start takes until the first response (Linux). @returns the
 * time, in ms
 */
export async function bareCpu(deno: string, file: string): Promise<number> {
	const { cpuMs } = await startBare(deno, file);
	return cpuMs;
}

async function startBare(deno: string, file: string): Promise<{ ms: number; cpuMs: number }> {
	const port = await freePort();
	const start = performance.now();
	const child = spawn(deno, ["run", "--no-prompt", "--no-config", "--allow-env", "--allow-net", file], {
		env: { PORT: String(port), VALUE: "bare", NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
		stdio: "ignore",
	});
	const served = await servedAt(`http://127.0.0.1:${port}/`, "bare");
	const cpuMs = await cpuTimeMs(child.pid ?? -1);
	await end(child, "SIGKILL");
	return { ms: served - start, cpuMs };
}

/**
 * The processor time of all threads of a process, in nanoseconds: the first of the scheduler's three numbers.
 */
async function cpuTimeMs(pid: number): Promise<number> {
	const threads = await readdir(`/proc/${pid}/task`);
	const times = threads.map(async (thread) => {
		const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8");
		return Number(text.split(" ")[0]) / 1e6;
	});
	return (await Promise.all(times)).reduce((sum, ms) => sum + ms, 0);
}
