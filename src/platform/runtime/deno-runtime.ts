/**
 * The Deno runtime: one process for each running deployment of a function, with the fewest permissions that it needs.
 */
import { pathToFileURL } from "node:url";
import { createRedactor } from "../../redact.ts";
import type { Network, NetworkAttachment } from "../egress/network.ts";
import { FaultBoundary } from "../faults/error-boundary.ts";
import type { FunctionLifetime } from "../functions/lifetimes.ts";
import type { Limits } from "../limits/limits.ts";
import { missingLimits } from "../limits/missing-limits.ts";
import type { LogLine } from "../logs/function-logs.ts";
import type { DenoRuntimeOptions } from "./deno-options.ts";
import type { InstanceDirectory, SpareDirectory } from "./files/instance-directory.ts";
import type { Workspace } from "./files/workspace.ts";
import { tryFollowAudit } from "./output/permission-audit.ts";
import { DenoCommands } from "./process/deno-command.ts";
import type { DenoProcess } from "./process/deno-process.ts";
import {
	type FunctionProcess,
	isIncluded,
	lifetimeOf,
	openStoreFor,
	spawnProcess,
	storageOf,
	variablesOf,
} from "./process/function-process.ts";
import { checkEnvironment, displayNames, encodeHandover } from "./process/handover.ts";
import { replaceImportMetaMain } from "./process/import-meta-main.ts";
import { LivenessWatch } from "./process/liveness.ts";
import { MemoryWatch } from "./process/memory-watch.ts";
import { closingError, startError } from "./process/start-failure.ts";
import { createReadSchedulers, type ReadSchedulers } from "./read-schedulers.ts";
import type { Instance, Launch, Runtime } from "./runtime.ts";
import { SpareProcesses } from "./spare-processes.ts";
import { StorageWatch } from "./storage/storage-watch.ts";

export class DenoRuntime implements Runtime {
	#options: DenoRuntimeOptions;
	#workspace: Workspace;
	#commands: DenoCommands;
	#spares: SpareProcesses<FunctionProcess<SpareDirectory>>;
	/** Every running process, with the promise that its files are removed after its exit. */
	#cleanups = new Map<DenoProcess, Promise<void>>();
	readonly #lifetimes = new WeakMap<DenoProcess, FunctionLifetime>();
	#memory = new MemoryWatch();
	readonly #storage = new StorageWatch();
	readonly #faults: FaultBoundary;
	readonly #schedulers: ReadSchedulers;
	readonly #liveness: LivenessWatch;
	#isClosed = false;
	readonly #groups: Limits;
	readonly limits: Runtime["limits"];
	readonly network: Network;

	constructor(options: DenoRuntimeOptions, workspace: Workspace, groups: Limits, network: Network) {
		this.#options = options;
		this.#groups = groups;
		this.network = network;
		this.#workspace = workspace;
		this.#faults = options.faults ?? new FaultBoundary("function");
		this.#schedulers = createReadSchedulers(this.#faults);
		this.#liveness = new LivenessWatch(this.#faults, options.pingMs);
		const { allowNet = [], heapMiB = 512, memoryMiB = 1_024 } = options;
		// Throws if the operator's exceptions are invalid.
		const { binary, nodeModules } = workspace;
		this.#commands = new DenoCommands({ binary, nodeModules, allowNet, heapMiB, memoryMiB });
		const { bounded, driver } = groups;
		const [{ hasRlimits }, { hasUsers }] = [this.#commands, workspace];
		const canMeasureMemory = process.platform === "linux";
		this.limits = { driver, missing: missingLimits({ bounded, hasRlimits, hasUsers, canMeasureMemory }) };
		this.#spares = new SpareProcesses({
			countMax: options.spares ?? 0,
			compatibilityKey: () => this.#commands.compatibilityKey(undefined),
			start: async () => await this.#spawn(await this.#workspace.prepareSpare()),
			discard: async ({ process }) => await this.#end(process),
		});
	}

	async start(launch: Launch): Promise<Instance> {
		if (this.#isClosed || launch.signal?.aborted === true) throw closingError(launch);
		checkEnvironment(launch);
		return await this.#spares.during(() => this.#start(launch));
	}

	async #start(launch: Launch): Promise<Instance> {
		const spawned = await this.#takeProcess(launch);
		try {
			this.#assign(spawned, launch);
			const instance = await this.#waitUntilReady(spawned.process, launch);
			spawned.limited.startedServing();
			return instance;
		} catch (error) {
			await this.#end(spawned.process);
			throw error;
		}
	}

	/** Takes a spare process, or starts a new one. The process is not yet assigned to the function. */
	async #takeProcess(launch: Launch): Promise<FunctionProcess> {
		const { code, files: read, onRead, settings, sourceMap } = launch;
		const bundle = { code: replaceImportMetaMain(code), sourceMap, files: read };
		const spare = this.#spares.take(this.#commands.compatibilityKey(settings));
		if (spare !== undefined) {
			try {
				await spare.files.fill(bundle);
			} catch (error) {
				await this.#end(spare.process);
				throw error;
			}
			return spare;
		}
		const files = await this.#workspace.prepare(lifetimeOf(launch), bundle, onRead !== undefined);
		const spawned = await this.#spawn(files, launch);
		await spawned.limited.applied;
		return spawned;
	}

	async #waitUntilReady(process: DenoProcess, launch: Launch): Promise<Instance> {
		const timeoutMs = this.#options.startTimeoutMs ?? 10_000;
		const outcome = await process.started(timeoutMs, launch.signal);
		if (outcome === "ready") {
			if (process.liveness !== undefined) this.#liveness.add(process.liveness);
			return process;
		}
		await process.terminate();
		throw startError(launch, outcome, await process.exited, timeoutMs);
	}

	async #end(process: DenoProcess): Promise<void> {
		await process.terminate();
		await this.#cleanups.get(process);
	}

	async forget(of: Parameters<Runtime["forget"]>[0]): Promise<void> {
		// The processes have exited by now, but some of their files may still be in removal.
		await Promise.all(this.#processesOf(of).values());
		await this.#workspace.forget(of);
	}

	/** The processes of a function, or of a whole app, each with the promise that its files are removed. */
	#processesOf(of: Parameters<Runtime["forget"]>[0]): Map<DenoProcess, Promise<void>> {
		const entries = [...this.#cleanups];
		return new Map(entries.filter(([process]) => isIncluded(this.#lifetimes.get(process), of)));
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		await this.#spares.close();
		await Promise.all([...this.#cleanups.keys()].map((process) => process.terminate()));
		await Promise.all(this.#cleanups.values());
		await Promise.all([this.#groups.close(), this.network.close()]);
		await this.#workspace.close();
	}

	/** Creates the network of a process. If that fails, the process's files are removed. */
	async #attachNetwork(files: InstanceDirectory, launch: Launch | undefined): Promise<NetworkAttachment> {
		try {
			const attachment = await this.network.attach({ ...files, network: launch?.settings?.network });
			if (launch !== undefined && this.#isClosed) throw closingError(launch);
			return attachment;
		} catch (error) {
			await files.release();
			throw error;
		}
	}

	/** Starts a process. @param launch the function of the process; undefined if unknown yet */
	async #spawn<Files extends InstanceDirectory>(
		files: Files,
		launch?: Launch,
	): Promise<FunctionProcess<Files>> {
		const attachment = await this.#attachNetwork(files, launch);
		const { auditPath, controlPath, socketPath, temporary, user } = files;
		const reads: FunctionProcess["reads"] = { onRead: undefined };
		// If the permission audit cannot be read, the process runs without it.
		const audit =
			auditPath === undefined
				? undefined
				: tryFollowAudit(auditPath, this.#schedulers.control, (name) => reads.onRead?.(name), this.#faults);
		const process = await spawnProcess(files, attachment, {
			command: [
				...attachment.commandPrefix,
				...this.#commands.commandFor(files, launch?.settings, attachment.startsAsRoot),
			],
			variables: variablesOf(files, audit !== undefined),
			cwd: temporary,
			user,
			startsAsRoot: attachment.startsAsRoot,
			socketPath,
			controlPath,
			onListening: files.publish,
			schedulers: this.#schedulers,
			faults: this.#faults,
		});
		attachment.onNetworkFailed = () =>
			process.kill("The network isolation of functions failed on the platform's side.");
		const limited = this.#groups.add(process.pid, launch?.app);
		const forget = () => {
			this.#memory.remove(process);
			this.#storage.remove(process);
			if (process.liveness !== undefined) this.#liveness.remove(process.liveness);
		};
		const note = (error: unknown) => this.#faults.note(error);
		const cleanup = process.exited.then(async () => {
			this.#faults.run(forget);
			this.#faults.run(() => audit?.end());
			this.#faults.run(attachment.detach);
			await limited.remove().catch(note);
			// Files that cannot be removed now are removed at the platform's next start.
			await files.release().catch(note);
			this.#cleanups.delete(process);
		});
		this.#cleanups.set(process, cleanup);
		return { attachment, process, files, limited, reads, audit };
	}

	#timeoutMs(settings: Launch["settings"]): number {
		if (settings?.timeoutSeconds !== undefined) return settings.timeoutSeconds * 1000;
		return this.#options.responseTimeoutMs ?? 150_000;
	}

	/** Assigns a process to a function. */
	#assign({ attachment, audit, files, limited, process, reads }: FunctionProcess, launch: Launch): void {
		const { app, function: name, environment, deployment, onIdle, onRead, settings } = launch;
		const lifetime = lifetimeOf(launch);
		this.#lifetimes.set(process, lifetime);
		reads.onRead = onRead;
		const onLine = (level: LogLine["level"], message: string) => {
			const line = { time: new Date().toISOString(), level, message };
			this.#options.onLine?.(lifetime.app, lifetime.function, line, name);
		};
		const bundle = pathToFileURL(files.bundle).href;
		const { memoryMiB } = this.#commands.memoryLimits(settings);
		this.#memory.add(process, memoryMiB);
		const all = () => this.#processesOf(lifetime).keys();
		this.#storage.add(process, storageOf({ attachment, files, process }, all));
		attachment.onRefused = (sentence) => onLine("error", sentence);
		limited.assign({ app, memoryMiB, onExceeded: (why) => onLine("error", why) });
		process.assign({
			deployment,
			timeoutMs: this.#timeoutMs(settings),
			handover: encodeHandover(bundle, files.listenPath, environment, this.#options.scheme),
			redactor: createRedactor(environment, displayNames(bundle, name)),
			onIdle,
			openStore: () => openStoreFor(files, lifetime.app, this.#options.openStore),
			settleReads: () => audit?.settle(),
			onLine: this.#faults.callback(onLine),
		});
	}
}
