/** Opens the core of a platform, and everything below it: store, logs, runtime, builder. No listener. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cryptoReady } from "../crypto.ts";
import { type Builder, openBuilder } from "./build/bundle.ts";
import { readProvidedModules } from "./build/provided-modules.ts";
import type { CoreConfig } from "./configuration/config.ts";
import { functionDefaults } from "./configuration/limits.ts";
import { Faults } from "./faults/error-boundary.ts";
import { describeError, type Log } from "./faults/log.ts";
import { KV_FOLDER } from "./kv/kv-files.ts";
import { KvStores } from "./kv/kv-stores.ts";
import type { FunctionLogs } from "./logs/function-logs.ts";
import { openLogFiles } from "./logs/log-files.ts";
import { builtPath } from "./machine/assets.ts";
import { type Clock, SYSTEM_CLOCK } from "./machine/clock.ts";
import { findDeno } from "./runtime/deno-binary.ts";
import type { DenoRuntimeOptions } from "./runtime/deno-options.ts";
import { createDenoRuntime } from "./runtime/open-deno.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { Core, type CoreIdentity } from "./service/core.ts";
import { Deployer } from "./service/deploy.ts";
import { openStore, storeDirectory } from "./store/open.ts";

export interface PlatformParts {
	readonly identity: CoreIdentity;
	readonly log: Log;
	readonly clock?: Clock;
}

export interface CoreParts extends PlatformParts {
	/** Stores the output of functions and their requests. By default, files in the data directory. */
	readonly logs?: FunctionLogs;
	/** Called with each line that a function writes. By default, the logs store the line. */
	readonly onLine?: DenoRuntimeOptions["onLine"];
}

/** An open core, with the parts below it that the front of a platform reports on. */
export interface OpenCore {
	readonly core: Core;
	readonly builder: Builder;
	readonly runtime: Runtime;
}

/** The open parts of a platform. They are closed in the opposite order. */
export class OpenParts {
	readonly #closers: (() => Promise<void>)[] = [];

	add(close: () => Promise<void>): void {
		this.#closers.push(close);
	}

	/** Closes everything, the last part first. If one part fails to close, the others are closed all the same. */
	async close(log: Log): Promise<void> {
		for (const close of this.#closers.splice(0).reverse()) await closeSafely(close, log);
	}

	/** Closes everything at the same time. */
	async closeTogether(log: Log): Promise<void> {
		await Promise.all(this.#closers.splice(0).map((close) => closeSafely(close, log)));
	}
}

async function closeSafely(close: () => Promise<void>, log: Log): Promise<void> {
	try {
		await close();
	} catch (error) {
		log.error(describeError(error), "a part of the platform failed to close");
	}
}

/**
 * Opens a core. No function runs yet.
 * @param opened gets everything that has to be closed, also if this throws
 * @param graceMs how long functions may finish requests when the core closes
 * @throws AppError exit 1 and 7, from the store, Deno and the log
 */
export async function openCore(
	config: CoreConfig,
	parts: CoreParts,
	opened: OpenParts,
	graceMs: number,
): Promise<OpenCore> {
	await cryptoReady;
	const { clock = SYSTEM_CLOCK, identity, log } = parts;
	const store = await openStore(config.storeUrl, { now: clock.monotonicMs });
	opened.add(async () => await store[Symbol.asyncDispose]());
	const logs = parts.logs ?? openLogs(config, log);
	opened.add(() => logs.close());
	const kv = openKvStores(config, log);
	opened.add(() => kv.close());
	const faults = new Faults(log);
	const onLine = parts.onLine ?? ((app, name, line) => logs.append(app, name, line));
	const { builder, runtime } = await openDeno(config, { log, faults, kv, onLine }, opened);
	const { limits, version } = config;
	const deployer = new Deployer({ store, builder, maxima: limits, log, now: clock.now });
	const bounds = { ...limits, version, startsMax: availableParallelism() };
	const core = await Core.open({
		...bounds,
		...{ store, runtime, kv, logs, deployer, identity, log, clock, faults },
	});
	opened.add(() => core.close(graceMs));
	return { core, builder, runtime };
}

function openLogs({ dataDirectory }: CoreConfig, log: Log): FunctionLogs {
	return openLogFiles({
		directory: join(dataDirectory, "logs"),
		onError: (error) => log.warn(describeError(error), "lines of functions' logs were lost"),
		onUnknownDropped: (requests) => log.warn({ requests }, "requests to unknown functions were not logged"),
	});
}

function openKvStores({ limits, storeUrl }: CoreConfig, log: Log): KvStores {
	return new KvStores({
		directory: join(storeDirectory(storeUrl), KV_FOLDER),
		maxBytes: limits.kvMB * 1024 * 1024,
		program: builtPath("kv.cjs"),
		onError: (error, app) => log.error({ error, ...(app && { app }) }, "a Deno KV store does not work"),
	});
}

async function openDeno(
	config: CoreConfig,
	{
		log,
		faults,
		kv,
		onLine,
	}: { log: Log; faults: Faults; kv: KvStores; onLine: DenoRuntimeOptions["onLine"] & object },
	opened: OpenParts,
): Promise<{ builder: Builder; runtime: Runtime }> {
	const binary = await findDeno(config.deno);
	const { allowNet, buildDirectory, dataDirectory, hidden, limits, passthrough } = config;
	const { memoryMB: memoryMiB, timeoutSeconds } = functionDefaults(limits);
	const runtime = await createDenoRuntime({
		...limits,
		binary,
		hostPath: builtPath("host/main.js"),
		directory: join(dataDirectory, "run"),
		allowNet,
		memoryMiB,
		heapMiB: Math.floor(memoryMiB / 2),
		responseTimeoutMs: timeoutSeconds * 1000,
		onLine,
		openStore: (socket) => kv.listen(socket),
		egressProgram: builtPath("egress.cjs"),
		onMissingIsolation: (wall, why) =>
			log.warn({ wall, why }, "a network restriction of functions does not work on this machine"),
		onFailedIsolation: (what) =>
			log.error({ what }, "a network restriction of functions has stopped working"),
		onLimitFailure: (error) => log.warn(describeError(error), "the limits of a function could not be set"),
		faults: faults.function,
		onShared: () => log.warn("functions run as root: separate users do not work on this machine"),
	});
	opened.add(() => runtime.close());
	const builder = await openBuilder({
		deno: binary,
		directory: buildDirectory,
		hidden,
		passthrough,
		...(await readProvidedModules()),
	});
	opened.add(async () => builder.close());
	return { builder, runtime };
}
