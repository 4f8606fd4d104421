/**
 * The Deno driver: one process per running version of a function, each with the least that it can work with.
 */
import { networkInterfaces } from "node:os";
import { pathToFileURL } from "node:url";
import { AppError, EXIT } from "../../errors.ts";
import type { LogLine } from "../logs/function-logs.ts";
import { AUDIT_BEGIN, type Audit, followAudit } from "./audit.ts";
import { confinement } from "./confine.ts";
import { DenoProcess } from "./deno-process.ts";
import { asEntry } from "./entry.ts";
import type { InstanceDirectory } from "./instance-directory.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { allowFlag, denyFlags } from "./network.ts";
import { lowerPriority } from "./priority.ts";
import { createRedactor } from "./redact.ts";
import type { Instance, Launch, Runtime } from "./runtime.ts";
import { startFailure } from "./start-failure.ts";
import { Workspace } from "./workspace.ts";

export interface DenoRuntimeOptions {
	/** A native Deno binary, as `findDeno` returns it. */
	binary: string;
	/** The host's `main.ts`, with its sibling files beside it. */
	hostPath: string;
	/** A private directory that no other process uses; made where it is missing. */
	directory: string;
	/** Called with each line that a function writes. */
	onLine?: (app: string, name: string, line: LogLine) => void;
	/** What functions may reach besides the public internet: `ADDRESS` or `ADDRESS:PORT`. */
	allowNet?: readonly string[];
	/** How long a function may take until it serves. 10,000 unless told. */
	startTimeoutMs?: number;
	/** The bound of a function's JavaScript heap. 512 unless told. */
	heapMiB?: number;
	/** What a function may have of memory in all, buffers included; it is killed past that. 1,024 unless told. */
	memoryMiB?: number;
	/** Told once where the platform is root and functions run as root all the same, since nothing else works here. */
	onShared?: () => void;
}

/**
 * Modules come from the bundle alone, and nobody is asked. The environment is open because it holds nothing
 * but what the function may have; hostname and release because widely used packages read them at import.
 */
const FIXED_FLAGS = [
	"--quiet",
	"--no-prompt",
	"--no-remote",
	"--no-npm",
	"--cached-only",
	"--no-config",
	"--no-lock",
	"--allow-env",
	"--allow-sys=hostname,osRelease",
];

/** What the operating system cannot put into an environment is refused, by name. */
function checkEnvironment({ app, function: name, environment }: Launch): void {
	for (const [variable, value] of environment) {
		if (!value.includes("\0") && variable !== "" && !/[=\0]/.test(variable)) continue;
		throw new AppError({
			code: "FUNCTION_START_FAILED",
			message: `The function ${app}/${name} was not started: an environment variable cannot hold ${variable}.`,
			hint: "Names hold no equals sign, and neither names nor values hold a NUL character; set the secret again.",
			exit: EXIT.failure,
		});
	}
}

/** What the bundle and the sources beside it are called in stack traces: not by the platform's own folders. */
function ownNames(bundle: string, name: string): Map<string, string> {
	return new Map([
		[bundle, `${name}.js`],
		[new URL("./", bundle).href, ""],
	]);
}

/** Where the account of its reads cannot be followed, a function runs without. */
function auditOf({ onRead }: Launch, { auditPath }: InstanceDirectory): Audit | undefined {
	if (auditPath === undefined || onRead === undefined) return undefined;
	try {
		return followAudit(auditPath, onRead);
	} catch {
		return undefined;
	}
}

function handoverOf(bundle: string, socketPath: string, environment: Launch["environment"]): string {
	return JSON.stringify({
		bundle,
		socketPath,
		environment: Object.fromEntries(environment),
		begin: AUDIT_BEGIN,
	});
}

class DenoRuntime implements Runtime {
	#options: DenoRuntimeOptions;
	#workspace: Workspace;
	/** The flags that are the same for all functions, and the machine's own addresses that they hold for. */
	#common: { own: string; flags: readonly string[] } = { own: "", flags: [] };
	#confinement = confinement();
	/** Every process that is there, and what removes its files once it has ended. */
	#cleanups = new Map<DenoProcess, Promise<void>>();
	#memory = new MemoryWatch();
	#isClosed = false;

	constructor(options: DenoRuntimeOptions, workspace: Workspace) {
		this.#options = options;
		this.#workspace = workspace;
		// What the operator excepts is checked now.
		this.#commonFlags();
	}

	#commonFlags(): readonly string[] {
		const list = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
		const own = list.map(({ address }) => address);
		// An address may have come since the last start.
		if (this.#common.flags.length === 0 || own.join() !== this.#common.own) {
			const flags = [...FIXED_FLAGS, ...denyFlags(this.#options.allowNet ?? [], own)];
			this.#common = { own: own.join(), flags };
		}
		return this.#common.flags;
	}

	async start(launch: Launch): Promise<Instance> {
		this.#checkOpen(launch);
		checkEnvironment(launch);
		const { app, function: name, code, sourceMap } = launch;
		const files = await this.#workspace.prepare(
			app,
			name,
			{ code: asEntry(code), sourceMap },
			launch.onRead !== undefined,
		);
		try {
			this.#checkOpen(launch);
		} catch (error) {
			await files.release();
			throw error;
		}
		const instance = this.#spawn(launch, files);
		const timeoutMs = this.#options.startTimeoutMs ?? 10_000;
		const outcome = await instance.started(timeoutMs);
		if (outcome === "ready") {
			lowerPriority(instance.pid);
			return instance;
		}
		await instance.terminate();
		await this.#cleanups.get(instance);
		throw startFailure(launch, outcome, await instance.exited, timeoutMs);
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		await Promise.all([...this.#cleanups.keys()].map((instance) => instance.terminate()));
		await Promise.all(this.#cleanups.values());
		await this.#workspace.close();
	}

	#checkOpen(launch: Launch): void {
		if (!this.#isClosed) return;
		throw new AppError({
			code: "FUNCTION_START_FAILED",
			message: `The function ${launch.app}/${launch.function} was not started: the platform is closing.`,
			hint: "Start the platform again.",
			exit: EXIT.failure,
		});
	}

	/** A function that says how much it needs has half of that for its heap. */
	#memoryOf({ settings }: Launch): { heapMiB: number; memoryMiB: number } {
		const asked = settings?.memoryMB;
		if (asked !== undefined) return { heapMiB: Math.floor(asked / 2), memoryMiB: asked };
		return { heapMiB: this.#options.heapMiB ?? 512, memoryMiB: this.#options.memoryMiB ?? 1_024 };
	}

	#spawn(launch: Launch, files: InstanceDirectory): DenoProcess {
		const { app, function: name, environment, deployment } = launch;
		const bundle = pathToFileURL(files.bundle).href;
		const { socketPath, listenPath, controlPath, temporary, main } = files;
		const paths = [listenPath, controlPath, temporary].join(",");
		const { heapMiB, memoryMiB } = this.#memoryOf(launch);
		const audit = auditOf(launch, files);
		const before = [...this.#confinement, this.#workspace.binary];
		const access = [
			`--v8-flags=--max-old-space-size=${heapMiB}`,
			allowFlag(launch.settings?.network, [listenPath, controlPath]),
			`--allow-read=${files.bundle},${paths}`,
			`--allow-write=${paths}`,
		];
		const instance = new DenoProcess(
			{
				deployment,
				command: [...before, "run", ...this.#commonFlags(), ...access, main, controlPath],
				variables: {
					DENO_DIR: files.denoDirectory,
					DENO_NO_UPDATE_CHECK: "1",
					NO_COLOR: "1",
					TMPDIR: temporary,
					...(audit === undefined ? {} : { DENO_AUDIT_PERMISSIONS: files.auditPath ?? "" }),
				},
				cwd: temporary,
				user: files.user,
				socketPath,
				controlPath,
				onListening: files.publish,
				redactor: createRedactor(environment, ownNames(bundle, name)),
				onIdle: launch.onIdle,
				onLine: (level, message) =>
					this.#options.onLine?.(app, name, { time: new Date().toISOString(), level, message }),
			},
			handoverOf(bundle, listenPath, environment),
		);
		this.#memory.add(instance, memoryMiB);
		const cleanup = instance.exited.then(async () => {
			this.#memory.remove(instance);
			audit?.end();
			await files.release();
			this.#cleanups.delete(instance);
		});
		this.#cleanups.set(instance, cleanup);
		return instance;
	}
}

/**
 * Opens the driver: takes the directory over, ends what a killed platform left running there.
 * @throws AppError `ALLOW_NET_INVALID` (exit 2)
 */
export async function createDenoRuntime(options: DenoRuntimeOptions): Promise<Runtime> {
	const { binary, directory: root, hostPath, onShared = () => {} } = options;
	return new DenoRuntime(options, await Workspace.open({ root, hostPath, binary, onShared }));
}
