/**
 * The Deno driver: one process per running version of a function, each with the least that it can work with.
 */
import { pathToFileURL } from "node:url";
import type { Admission, Network } from "../egress/network.ts";
import { FaultBoundary } from "../faults/error-boundary.ts";
import type { FunctionLifetime } from "../functions/lifetimes.ts";
import type { Limits } from "../limits/limits.ts";
import { missingLimits } from "../limits/missing.ts";
import type { LogLine } from "../logs/function-logs.ts";
import type { DenoRuntimeOptions } from "./deno-options.ts";
import type { InstanceDirectory, SpareDirectory } from "./files/instance-directory.ts";
import type { Workspace } from "./files/workspace.ts";
import { tryFollowAudit } from "./output/permission-audit.ts";
import { createRedactor } from "./output/redact.ts";
import { DenoCommands } from "./process/deno-command.ts";
import { DenoProcess, type ProcessSpecification } from "./process/deno-process.ts";
import { type FunctionProcess, lifetimeOf, storageOf } from "./process/function-process.ts";
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
	/** Every process that is there, and what removes its files once it has ended. */
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
		// What the operator excepts is checked now.
		this.#commands = new DenoCommands({ binary: workspace.binary, allowNet, heapMiB, memoryMiB });
		const { bounded, driver } = groups;
		const [{ hasRlimits }, { hasUsers }] = [this.#commands, workspace];
		const seesMemory = process.platform === "linux";
		this.limits = { driver, missing: missingLimits({ bounded, hasRlimits, hasUsers, seesMemory }) };
		this.#spares = new SpareProcesses({
			countMax: options.spares ?? 0,
			compatibilityKey: () => this.#commands.compatibilityKey(undefined),
			start: async () => await this.#spawn(await this.#workspace.prepareSpare()),
			discard: async ({ process }) => await this.#end(process),
		});
	}

	async start(launch: Launch): Promise<Instance> {
		if (this.#isClosed) throw closingError(launch);
		checkEnvironment(launch);
		const spawned = await this.#takeProcess(launch);
		try {
			this.#assign(spawned, launch);
			const instance = await this.#waitUntilReady(spawned.process, launch);
			spawned.member.serve();
			return instance;
		} catch (error) {
			await this.#end(spawned.process);
			throw error;
		} finally {
			this.#spares.refill();
		}
	}

	/** A process for the launch, whose it is not yet: one that was waiting, or a new one. */
	async #takeProcess(launch: Launch): Promise<FunctionProcess> {
		const { code, onRead, settings, sourceMap } = launch;
		const bundle = { code: replaceImportMetaMain(code), sourceMap };
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
		await spawned.member.joined;
		return spawned;
	}

	async #waitUntilReady(process: DenoProcess, launch: Launch): Promise<Instance> {
		const timeoutMs = this.#options.startTimeoutMs ?? 10_000;
		const outcome = await process.started(timeoutMs);
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
		// Its processes have ended by now, and some of their files may be on their way out.
		await Promise.all(this.#processesOf(of).values());
		await this.#workspace.forget(of);
	}

	/** The processes of a function's lifetime, or of all of an app's, each with what removes its files. */
	#processesOf({ app, function: began }: Parameters<Runtime["forget"]>[0]): Map<DenoProcess, Promise<void>> {
		const isMeant = (lifetime: FunctionLifetime | undefined) =>
			lifetime?.app === app && (began ?? lifetime.function) === lifetime.function;
		return new Map([...this.#cleanups].filter(([process]) => isMeant(this.#lifetimes.get(process))));
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		await this.#spares.close();
		await Promise.all([...this.#cleanups.keys()].map((process) => process.terminate()));
		await Promise.all(this.#cleanups.values());
		await Promise.all([this.#groups.close(), this.network.close()]);
		await this.#workspace.close();
	}

	/** Makes the process's place in the network; its files go where there is none. */
	async #admit(files: InstanceDirectory, launch: Launch | undefined): Promise<Admission> {
		try {
			const admission = await this.network.admit({ ...files, network: launch?.settings?.network });
			if (launch !== undefined && this.#isClosed) throw closingError(launch);
			return admission;
		} catch (error) {
			await files.release();
			throw error;
		}
	}

	/** Starts the process; what was made for it goes where that fails. */
	async #createProcess(
		files: InstanceDirectory,
		admission: Admission,
		specification: ProcessSpecification,
	): Promise<DenoProcess> {
		try {
			return new DenoProcess(specification);
		} catch (error) {
			admission.leave();
			await files.release();
			throw error;
		}
	}

	/** @param launch whose it will be, where that is known */
	async #spawn<Files extends InstanceDirectory>(
		files: Files,
		launch?: Launch,
	): Promise<FunctionProcess<Files>> {
		const admission = await this.#admit(files, launch);
		const { auditPath, controlPath, socketPath, temporary, user } = files;
		const reads: FunctionProcess["reads"] = { onRead: undefined };
		// Where the account of its reads cannot be followed, it runs without.
		const audit =
			auditPath === undefined
				? undefined
				: tryFollowAudit(auditPath, this.#schedulers.control, (name) => reads.onRead?.(name), this.#faults);
		const process = await this.#createProcess(files, admission, {
			command: [
				...admission.before,
				...this.#commands.commandFor(files, launch?.settings, admission.startsAsRoot),
			],
			variables: {
				DENO_DIR: files.denoDirectory,
				DENO_NO_UPDATE_CHECK: "1",
				NO_COLOR: "1",
				TMPDIR: temporary,
				...(audit === undefined ? {} : { DENO_AUDIT_PERMISSIONS: auditPath ?? "" }),
			},
			cwd: temporary,
			user,
			startsAsRoot: admission.startsAsRoot,
			socketPath,
			controlPath,
			onListening: files.publish,
			schedulers: this.#schedulers,
			faults: this.#faults,
		});
		admission.onLost = () => process.kill("The network of functions ended on the platform's side.");
		const member = this.#groups.admit(process.pid, launch?.app);
		const forget = () => {
			this.#memory.remove(process);
			this.#storage.remove(process);
			if (process.liveness !== undefined) this.#liveness.remove(process.liveness);
		};
		const note = (error: unknown) => this.#faults.note(error);
		const cleanup = process.exited.then(async () => {
			this.#faults.run(forget);
			this.#faults.run(() => audit?.end());
			this.#faults.run(admission.leave);
			await member.leave().catch(note);
			// What cannot be removed now is removed when the platform starts again.
			await files.release().catch(note);
			this.#cleanups.delete(process);
		});
		this.#cleanups.set(process, cleanup);
		return { admission, process, files, member, reads };
	}

	/** Makes a process a function's. */
	#assign({ admission, files, member, process, reads }: FunctionProcess, launch: Launch): void {
		const { app, function: name, environment, deployment, onIdle, onRead, settings } = launch;
		const lifetime = lifetimeOf(launch);
		this.#lifetimes.set(process, lifetime);
		const bundle = pathToFileURL(files.bundle).href;
		reads.onRead = onRead;
		const onLine = (level: LogLine["level"], message: string) =>
			this.#options.onLine?.(lifetime.app, lifetime.function, {
				time: new Date().toISOString(),
				level,
				message,
			});
		const { memoryMiB } = this.#commands.memoryLimits(settings);
		this.#memory.add(process, memoryMiB);
		const all = () => this.#processesOf(lifetime).keys();
		this.#storage.add(process, storageOf({ admission, files, process }, all));
		admission.onRefused = (sentence) => onLine("error", sentence);
		member.assign({ app, memoryMiB, onExceeded: (why) => onLine("error", why) });
		const said = settings?.timeoutSeconds;
		process.assign({
			deployment,
			timeoutMs: said === undefined ? (this.#options.responseTimeoutMs ?? 150_000) : said * 1000,
			handover: encodeHandover(bundle, files.listenPath, environment),
			redactor: createRedactor(environment, displayNames(bundle, name)),
			onIdle,
			onLine: this.#faults.callback(onLine),
		});
	}
}
