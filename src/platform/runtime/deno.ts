/**
 * The Deno driver: one process per running version of a function, each with the least that it can work with.
 */
import { pathToFileURL } from "node:url";
import { AppError, EXIT } from "../../errors.ts";
import { FaultBoundary } from "../faults.ts";
import type { LogLine } from "../logs/function-logs.ts";
import { AUDIT_BEGIN, tryFollow } from "./audit.ts";
import { Commands } from "./command.ts";
import { DenoProcess } from "./deno-process.ts";
import { asEntry } from "./entry.ts";
import type { InstanceDirectory, SpareDirectory } from "./instance-directory.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { lowerPriority } from "./priority.ts";
import { createRedactor } from "./redact.ts";
import type { Instance, Launch, Runtime } from "./runtime.ts";
import { Spares } from "./spares.ts";
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
	/** How many processes wait ready-made for functions that ask for nothing special. None unless told. */
	spares?: number;
	/** Where exceptions end that a function's process causes. One that logs nothing unless told. */
	faults?: FaultBoundary;
	/** Told once where the platform is root and functions run as root all the same, since nothing else works here. */
	onShared?: () => void;
}

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

function handoverOf(bundle: string, socketPath: string, environment: Launch["environment"]): string {
	return JSON.stringify({
		bundle,
		socketPath,
		environment: Object.fromEntries(environment),
		begin: AUDIT_BEGIN,
	});
}

/** A process with what belongs to it; whose it is may come later. */
interface Spawned<Files extends InstanceDirectory = InstanceDirectory> {
	readonly process: DenoProcess;
	readonly files: Files;
	/** Who is told of the variables that it reads. */
	readonly reads: { onRead: Launch["onRead"] };
}

class DenoRuntime implements Runtime {
	#options: DenoRuntimeOptions;
	#workspace: Workspace;
	#commands: Commands;
	#spares: Spares<Spawned<SpareDirectory>>;
	/** Every process that is there, and what removes its files once it has ended. */
	#cleanups = new Map<DenoProcess, Promise<void>>();
	#memory = new MemoryWatch();
	readonly #faults: FaultBoundary;
	#isClosed = false;

	constructor(options: DenoRuntimeOptions, workspace: Workspace) {
		this.#options = options;
		this.#workspace = workspace;
		this.#faults = options.faults ?? new FaultBoundary("function");
		const { allowNet = [], heapMiB = 512, memoryMiB = 1_024 } = options;
		// What the operator excepts is checked now.
		this.#commands = new Commands({ binary: workspace.binary, allowNet, heapMiB, memoryMiB });
		this.#spares = new Spares({
			countMax: options.spares ?? 0,
			terms: () => this.#commands.termsOf(undefined),
			make: async () => this.#spawn(await this.#workspace.prepareSpare(), undefined),
			discard: async ({ process }) => await this.#end(process),
		});
	}

	async start(launch: Launch): Promise<Instance> {
		this.#checkOpen(launch);
		checkEnvironment(launch);
		const { process } = await this.#prepared(launch);
		try {
			return await this.#ready(process, launch);
		} finally {
			this.#spares.refill();
		}
	}

	/** A process that is the launch's: one that was waiting, or a new one. */
	async #prepared(launch: Launch): Promise<Spawned> {
		const { app, function: name, code, onRead, settings, sourceMap } = launch;
		const bundle = { code: asEntry(code), sourceMap };
		const spare = this.#spares.take(this.#commands.termsOf(settings));
		if (spare !== undefined) {
			try {
				await spare.files.fill(bundle);
			} catch (error) {
				await this.#end(spare.process);
				throw error;
			}
			return this.#assign(spare, launch);
		}
		const files = await this.#workspace.prepare(app, name, bundle, onRead !== undefined);
		try {
			this.#checkOpen(launch);
		} catch (error) {
			await files.release();
			throw error;
		}
		return this.#assign(this.#spawn(files, settings), launch);
	}

	async #ready(process: DenoProcess, launch: Launch): Promise<Instance> {
		const timeoutMs = this.#options.startTimeoutMs ?? 10_000;
		const outcome = await process.started(timeoutMs);
		if (outcome === "ready") {
			lowerPriority(process.pid);
			return process;
		}
		await this.#end(process);
		throw startFailure(launch, outcome, await process.exited, timeoutMs);
	}

	async #end(process: DenoProcess): Promise<void> {
		await process.terminate();
		await this.#cleanups.get(process);
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		await this.#spares.close();
		await Promise.all([...this.#cleanups.keys()].map((process) => process.terminate()));
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

	#spawn<Files extends InstanceDirectory>(files: Files, settings: Launch["settings"]): Spawned<Files> {
		const { auditPath, controlPath, socketPath, temporary, user } = files;
		const reads: Spawned["reads"] = { onRead: undefined };
		// Where the account of its reads cannot be followed, it runs without.
		const audit =
			auditPath === undefined
				? undefined
				: tryFollow(auditPath, (name) => reads.onRead?.(name), this.#faults);
		const process = new DenoProcess({
			command: this.#commands.commandFor(files, settings),
			variables: {
				DENO_DIR: files.denoDirectory,
				DENO_NO_UPDATE_CHECK: "1",
				NO_COLOR: "1",
				TMPDIR: temporary,
				...(audit === undefined ? {} : { DENO_AUDIT_PERMISSIONS: auditPath ?? "" }),
			},
			cwd: temporary,
			user,
			socketPath,
			controlPath,
			onListening: files.publish,
			faults: this.#faults,
		});
		const cleanup = process.exited.then(async () => {
			this.#memory.remove(process);
			this.#faults.run(() => audit?.end());
			// What cannot be removed now is removed when the platform starts again.
			await files.release().catch((error: unknown) => this.#faults.note(error));
			this.#cleanups.delete(process);
		});
		this.#cleanups.set(process, cleanup);
		return { process, files, reads };
	}

	/** Makes a process a function's. */
	#assign(spawned: Spawned, launch: Launch): Spawned {
		const { files, process, reads } = spawned;
		const { app, function: name, environment, deployment, onIdle, onRead, settings } = launch;
		const bundle = pathToFileURL(files.bundle).href;
		reads.onRead = onRead;
		this.#memory.add(process, this.#commands.memoryOf(settings).memoryMiB);
		process.assign({
			deployment,
			handover: handoverOf(bundle, files.listenPath, environment),
			redactor: createRedactor(environment, ownNames(bundle, name)),
			onIdle,
			onLine: this.#faults.callback((level: LogLine["level"], message: string) =>
				this.#options.onLine?.(app, name, { time: new Date().toISOString(), level, message }),
			),
		});
		return spawned;
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
