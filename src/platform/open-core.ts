/** Opens the core of a platform, and everything below it: store, logs, runtime, builder. No listener. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cryptoReady } from "../crypto.ts";
import { type Builder, openBuilder } from "./build/bundle.ts";
import { readProvidedModules } from "./build/provided-modules.ts";
import type { CoreConfig } from "./configuration/config.ts";
import { parseStoreUrl } from "./configuration/store-url.ts";
import type { DataPlane } from "./data-plane/client/data-plane.ts";
import { CoreEvents } from "./data-plane-events.ts";
import type { Network } from "./egress/network.ts";
import { Faults } from "./faults/error-boundary.ts";
import { describeError, type Log } from "./faults/log.ts";
import type { FunctionLogs } from "./logs/function-logs.ts";
import { openLogFiles } from "./logs/log-files.ts";
import { type Clock, SYSTEM_CLOCK } from "./machine/clock.ts";
import type { OpenParts } from "./open-parts.ts";
import { openRuntime } from "./open-runtime.ts";
import { findDeno } from "./runtime/deno-binary.ts";
import type { DenoRuntimeOptions } from "./runtime/deno-options.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { Core } from "./service/core.ts";
import type { CoreOptions } from "./service/core-options.ts";
import { Deployer } from "./service/deploy.ts";
import { startNode } from "./service/node.ts";
import type { CoreIdentity } from "./service/streams.ts";
import { readRecordFiles } from "./store/backups/files.ts";
import { openStore } from "./store/open.ts";
import { ORIGIN_FILE } from "./store/private-directory.ts";
import type { SharedStore } from "./store/several-nodes.ts";
import type { Store } from "./store/store.ts";
import { openSlotFiles } from "./telemetry/figures/slot-files.ts";

export interface PlatformParts {
	readonly identity: CoreIdentity;
	readonly log: Log;
	readonly clock?: Clock;
	/** The password of the user of a store in etcd. */
	readonly storePassword?: string | undefined;
	/** Ends the start: it throws the signal's reason, and closes everything again. */
	readonly signal?: AbortSignal | undefined;
	/** Builds functions, and is not closed with the core. By default, the core opens one and closes it. */
	readonly builder?: Builder | undefined;
	/** The network of functions, if this process runs them; not closed with the core. By default as for the builder. */
	readonly network?: Network | undefined;
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
	/** Undefined if this process runs functions itself. */
	readonly plane: DataPlane | undefined;
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
	const { dataDirectory, storeAccess: access, storeUrl } = config;
	const { storePassword: password } = parts;
	const now = clock.monotonicMs;
	const store = await openStore(storeUrl, { now, access, password, dataDirectory });
	opened.add(async () => await store[Symbol.asyncDispose]());
	const logs = parts.logs ?? openLogs(config, log);
	opened.add(() => logs.close());
	const faults = new Faults(log);
	const onLine = parts.onLine ?? ((app, name, line) => logs.append(app, name, line));
	const deno = await findDeno(config.deno);
	parts.signal?.throwIfAborted();
	const events = new CoreEvents(onLine, faults.gateway);
	const ports = { deno, log, faults, onLine, events, network: parts.network };
	const { kv, plane, runtime } = await openRuntime(config, ports, opened);
	const builder = parts.builder ?? (await openBuilderFor(config, deno, opened));
	const { limits, version } = config;
	const deployer = new Deployer({ store, builder, maxima: limits, log, now: clock.now });
	const storeKind = parseStoreUrl(storeUrl).kind;
	const bounds = { ...limits, version, startsMax: availableParallelism() };
	const core = await Core.open({
		...bounds,
		...{ store, runtime, kv, logs, deployer, identity, log, clock, faults },
		slotFiles: openSlotFiles(join(dataDirectory, "figures")),
		staleAfterMs: access.staleAfterMs,
		storeKind,
		originFile: storeKind === "etcd" ? join(dataDirectory, ORIGIN_FILE) : undefined,
		backups: backupsOf(store, storeUrl),
	});
	core.figures.start();
	opened.add(() => core.figures.close());
	events.open(core);
	opened.add(() => core.close(graceMs));
	opened.add(async () => await core.node?.nodes.close());
	await startNode(core);
	core.checkpointing.start();
	opened.add(() => core.checkpointing.close());
	return { core, builder, runtime, plane };
}

/** Reads what is recorded of backups: in a shared store, or in the directory of a store of its own. */
function backupsOf(store: Store, storeUrl: string): CoreOptions["backups"] {
	const url = parseStoreUrl(storeUrl);
	if (url.kind === "sqlite") return () => readRecordFiles(url.directory);
	return () => (store as SharedStore).backups();
}

function openLogs({ dataDirectory }: CoreConfig, log: Log): FunctionLogs {
	return openLogFiles({
		directory: join(dataDirectory, "logs"),
		onError: (error) => log.warn(describeError(error), "lines of functions' logs were lost"),
		onUnknownDropped: (requests) => log.warn({ requests }, "requests to unknown functions were not logged"),
	});
}

async function openBuilderFor(config: CoreConfig, deno: string, opened: OpenParts): Promise<Builder> {
	const { buildDirectory: directory, hidden, importHosts: hosts, passthrough } = config;
	const provided = await readProvidedModules();
	const builder = await openBuilder({ deno, directory, hidden, hosts, passthrough, ...provided });
	opened.add(async () => builder.close());
	return builder;
}
