/**
 * Real functions on real Deno: a runtime in its own directory, and a minimal HTTP client.
 */
import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { FunctionLogs, LogLine } from "../../../src/platform/logs/function-logs.ts";
import { openLogFiles } from "../../../src/platform/logs/log-files.ts";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";
import type { DenoRuntimeOptions } from "../../../src/platform/runtime/deno-options.ts";
import { createDenoRuntime } from "../../../src/platform/runtime/open-deno.ts";
import type { Launch, Runtime } from "../../../src/platform/runtime/runtime.ts";
import { ROOT } from "../../support/root.ts";
import { sharedNetwork } from "../fixtures/shared-network.ts";

/** From the repository's root, because a torture is bundled and runs from another folder. */
export const HOST_PATH = join(ROOT, "dist/host/main.js");

export const EGRESS_PROGRAM = join(ROOT, "dist/egress.cjs");

export interface Harness {
	readonly runtime: Runtime;
	readonly directory: string;
	readonly logs: FunctionLogs;
	/** The output of a function of the app `shop`. */
	lines(name: string): Promise<LogLine[]>;
	close(): Promise<void>;
}

/** The options of the networks of functions. With one of them, a runtime opens networks of its own. */
const OF_NETWORK = ["allowNet", "isolationKinds", "network", "onFailedIsolation", "onMissingIsolation"];

interface HarnessOptions extends Partial<DenoRuntimeOptions> {
	/** Opens networks of its own, as a platform does. By default, all runtimes of a worker share theirs. */
	readonly ownNetwork?: true;
}

/** @param open the driver of the runtime; by default the one whose processes are children of this process */
export async function openRuntime(
	{ ownNetwork, ...options }: HarnessOptions = {},
	open: (options: DenoRuntimeOptions) => Promise<Runtime> = createDenoRuntime,
): Promise<Harness> {
	const directory = await mkdtemp(join(tmpdir(), "cr-"));
	const binary = await findDeno();
	const logDirectory = await mkdtemp(join(tmpdir(), "coffer-logs-"));
	const logs = openLogFiles({
		directory: logDirectory,
		onError: (error) => {
			throw error;
		},
	});
	const onLine = logs.append.bind(logs);
	const programs = { binary, hostPath: HOST_PATH, egressProgram: EGRESS_PROGRAM, ...options };
	const isOwn =
		ownNetwork === true || open !== createDenoRuntime || OF_NETWORK.some((name) => name in options);
	const network = isOwn ? {} : { network: await sharedNetwork(programs) };
	const runtime = await open({ directory, onLine, ...network, ...programs });
	const lines = (name: string) => logs.read("shop", name, { limit: 10_000 });
	const close = async () => {
		await runtime.close();
		await logs.close();
		for (const each of [directory, logDirectory]) await rm(each, { recursive: true, force: true });
	};
	return { runtime, directory, logs, lines, close };
}

const SPARES_MS = 10_000;
const LOOK_MS = 50;

/** Waits for this many spare processes. @returns their process ids */
export async function sparesOf({ directory }: Pick<Harness, "directory">, count: number): Promise<number[]> {
	const place = await readlink(join(directory, "place")).catch(() => directory);
	const isSpare = async (pid: string) => {
		const command = await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "");
		// The main module of a process that was started for a function is in another folder.
		return (
			command.includes("deno\0run\0") && command.includes(`\0${place}/i/`) && /\/main\.js\0/.test(command)
		);
	};
	const untilMs = performance.now() + SPARES_MS;
	for (;;) {
		const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
		const are = await Promise.all(pids.map(isSpare));
		const found = pids.filter((_, index) => are[index]).map(Number);
		if (found.length === count) return found;
		if (performance.now() > untilMs) throw new Error(`There are ${found.length} that wait, not ${count}.`);
		await setTimeout(LOOK_MS);
	}
}

export function launch(
	code: string,
	environment: Record<string, string> = {},
	more: Partial<Launch> = {},
): Launch {
	return {
		app: "shop",
		function: "pay",
		deployment: "d1",
		code: new TextEncoder().encode(code),
		environment: new Map(Object.entries(environment)),
		...more,
	};
}

export interface Answer {
	status: number;
	headers: Record<string, string | string[] | undefined>;
	body: string;
}

/** One request on a Unix socket, on a new connection. */
export function ask(
	socketPath: string,
	path = "/",
	options: { method?: string; body?: string } = {},
): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const { method = "GET", body } = options;
		const headers = { host: "functions.example", "x-forwarded-for": "203.0.113.9" };
		const call = request({ socketPath, path, method, headers, agent: false }, (response) => {
			const chunks: Buffer[] = [];
			response.on("data", (chunk: Buffer) => chunks.push(chunk));
			response.on("error", reject);
			response.on("end", () => {
				const text = Buffer.concat(chunks).toString("utf8");
				resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
			});
		});
		call.on("error", reject);
		call.end(body);
	});
}

/** Whether a process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}
