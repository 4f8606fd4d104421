/**
 * Opens what runs functions: in this process, or in a data plane, which is a process of its own that also has the
 * gateways.
 */
import { join } from "node:path";
import { type CoreConfig, dataPlaneVariables } from "./configuration/config.ts";
import { functionDefaults } from "./configuration/limits.ts";
import { parseStoreUrl } from "./configuration/store-url.ts";
import { DataPlane } from "./data-plane/client/data-plane.ts";
import type { DataPlaneEvents } from "./data-plane/client/events.ts";
import { RemoteRuntime } from "./data-plane/client/remote-runtime.ts";
import { remoteStores } from "./data-plane/client/remote-stores.ts";
import type { RuntimeConfiguration } from "./data-plane/configuration.ts";
import type { Network } from "./egress/network.ts";
import type { Faults } from "./faults/error-boundary.ts";
import type { Log } from "./faults/log.ts";
import { KV_FOLDER } from "./kv/kv-files.ts";
import { KvStores, type KvStoresOptions } from "./kv/kv-stores.ts";
import { builtPath } from "./machine/assets.ts";
import type { OpenParts } from "./open-parts.ts";
import type { DenoRuntimeOptions } from "./runtime/deno-options.ts";
import { isolationReports } from "./runtime/isolation-reports.ts";
import { createDenoRuntime } from "./runtime/open-deno.ts";
import type { Runtime } from "./runtime/runtime.ts";
import type { CoreOptions } from "./service/core-options.ts";
import { kvDirectory } from "./store/open.ts";

/** What runs functions. */
export interface OpenRuntime {
	readonly runtime: Runtime;
	readonly kv: CoreOptions["kv"];
	/** Undefined if this process runs functions itself. */
	readonly plane: DataPlane | undefined;
}

export interface RuntimePorts {
	/** The path of Deno. */
	readonly deno: string;
	readonly log: Log;
	readonly faults: Faults;
	readonly onLine: DenoRuntimeOptions["onLine"] & object;
	/** Handles events of the data plane. */
	readonly events: DataPlaneEvents;
	/** The network of functions that this process runs. By default, the runtime opens one. */
	readonly network: Network | undefined;
}

/**
 * Opens the runtime and the stores of functions.
 * @param opened gets everything that has to be closed, also if this throws
 * @throws AppError `ALLOW_NET_INVALID` (exit 2)
 */
export async function openRuntime(
	config: CoreConfig,
	ports: RuntimePorts,
	opened: OpenParts,
): Promise<OpenRuntime> {
	return config.dataPlane === undefined
		? await openHere(config, ports, opened)
		: await openThere(config, config.dataPlane, ports, opened);
}

async function openHere(config: CoreConfig, ports: RuntimePorts, opened: OpenParts): Promise<OpenRuntime> {
	const { faults, log, network, onLine } = ports;
	const kv = openStores(config, log);
	opened.add(() => kv.close());
	const runtime = await createDenoRuntime({
		...runtimeConfiguration(config, ports.deno),
		onLine,
		openStore: (socket) => kv.listen(socket),
		...isolationReports(log),
		faults: faults.function,
		...(network && { network }),
	});
	opened.add(() => runtime.close());
	return { runtime, kv, plane: undefined };
}

async function openThere(
	config: CoreConfig,
	{ gateways, listen }: CoreConfig["dataPlane"] & object,
	{ deno, events, faults, log }: RuntimePorts,
	opened: OpenParts,
): Promise<OpenRuntime> {
	const { maxBodyMB, timeoutSeconds } = functionDefaults(config.limits);
	const plane = await DataPlane.open({
		directory: config.dataDirectory,
		program: builtPath("data-plane.cjs"),
		environment: dataPlaneVariables(),
		configuration: {
			version: config.version,
			runtime: runtimeConfiguration(config, deno),
			kv: storesConfiguration(config),
			gateway: {
				program: builtPath("gateway.cjs"),
				count: gateways,
				...listen,
				tls: config.gatewayTls,
				responseTimeoutMs: timeoutSeconds * 1000,
				maxBodyBytes: maxBodyMB * 1024 * 1024,
			},
		},
		...{ events, faults, log },
	});
	opened.add(() => plane.close());
	return {
		runtime: await RemoteRuntime.open(plane),
		kv: remoteStores(plane, openStores(config, log)),
		plane,
	};
}

function runtimeConfiguration(
	{ allowNet, dataDirectory, gatewayTls, limits }: CoreConfig,
	deno: string,
): RuntimeConfiguration {
	const { memoryMB: memoryMiB, timeoutSeconds } = functionDefaults(limits);
	return {
		binary: deno,
		hostPath: builtPath("host/main.js"),
		egressProgram: builtPath("egress.cjs"),
		directory: join(dataDirectory, "run"),
		allowNet,
		memoryMiB,
		heapMiB: Math.floor(memoryMiB / 2),
		responseTimeoutMs: timeoutSeconds * 1000,
		spares: limits.spares,
		scheme: gatewayTls.length > 0 ? "https" : "http",
	};
}

function storesConfiguration({
	dataDirectory,
	limits,
	storeAccess,
	storeUrl,
}: CoreConfig): Omit<KvStoresOptions, "onError"> {
	return {
		directory: join(kvDirectory(storeUrl, dataDirectory), KV_FOLDER),
		maxBytes: limits.kvMB * 1024 * 1024,
		program: builtPath("kv.cjs"),
		isRefused: parseStoreUrl(storeUrl).kind === "etcd" && storeAccess.isAlone !== true,
	};
}

function openStores(config: CoreConfig, log: Log): KvStores {
	return new KvStores({
		...storesConfiguration(config),
		onError: (error, app) => log.error({ error, ...(app && { app }) }, "a Deno KV store does not work"),
	});
}
