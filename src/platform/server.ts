/** The composition root: makes a serving platform from a configuration. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cryptoReady } from "../crypto.ts";
import { bindAddress, type ControlListener, httpUrl } from "./api/control-listener.ts";
import { type Builder, openBuilder } from "./build/bundle.ts";
import { readProvidedModules } from "./build/provided-modules.ts";
import type { PlatformConfig } from "./configuration/config.ts";
import { functionDefaults } from "./configuration/limits.ts";
import { Faults } from "./faults/error-boundary.ts";
import { describeError, type Log } from "./faults/log.ts";
import type { Gateway } from "./gateway/gateway.ts";
import { buildControlListener, buildGateway, listenerBudget } from "./listeners.ts";
import type { FunctionLogs } from "./logs/function-logs.ts";
import { openLogFiles } from "./logs/log-files.ts";
import { builtPath, hostPath } from "./machine/assets.ts";
import { type Clock, SYSTEM_CLOCK } from "./machine/clock.ts";
import { findDeno } from "./runtime/deno-binary.ts";
import { createDenoRuntime } from "./runtime/open-deno.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { Core, type CoreIdentity } from "./service/core.ts";
import { Deployer } from "./service/deploy.ts";
import { openStore } from "./store/open.ts";
import type { Store } from "./store/store.ts";

export interface Platform {
	/** Base URL of the gateway, without a slash at its end. */
	readonly listenUrl: string;
	/** Base URL of the control API, without a slash at its end. */
	readonly controlUrl: string;
	/** A new access token with the scope `admin`. Undefined where a valid one exists, so set at the first start only. */
	readonly firstToken: string | undefined;
	/** What keeps builds away from the platform's own files. */
	readonly buildSandbox: Builder["level"];
	/** What restricts functions' network beside Deno's permissions, and which of these restrictions do not work here. */
	readonly network: Runtime["network"];
	/** Takes no new requests, finishes those in flight, stops the functions, closes the store. */
	close(): Promise<void>;
}

export interface PlatformParts {
	readonly identity: CoreIdentity;
	readonly log: Log;
	readonly clock?: Clock;
}

const GRACE_MS = 10_000;
const IDLE_AFTER_MS = 5 * 60_000;

/** The open parts of a platform. They are closed in the opposite order. */
class OpenParts {
	readonly #closers: (() => Promise<void>)[] = [];

	add(close: () => Promise<void>): void {
		this.#closers.push(close);
	}

	/** Closes everything, the last part first. A part that fails does not keep the others open. */
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
 * Starts a platform. When this resolves, each function that is never idle runs or has failed.
 * @throws AppError exit 2 for a certificate that is not valid, 6 for an address that cannot be used, 1 and 7
 * as store, Deno and log say. Everything is closed again then.
 */
export async function startPlatform(config: PlatformConfig, parts: PlatformParts): Promise<Platform> {
	const opened = new OpenParts();
	try {
		return await start(config, parts, opened);
	} catch (error) {
		await opened.close(parts.log);
		throw error;
	}
}

async function start(config: PlatformConfig, parts: PlatformParts, opened: OpenParts): Promise<Platform> {
	await cryptoReady;
	const { clock = SYSTEM_CLOCK, identity, log } = parts;
	const store = await openStore(config.storeUrl, { now: clock.monotonicMs });
	opened.add(async () => await store[Symbol.asyncDispose]());
	const logs = openLogFiles({
		directory: join(config.dataDirectory, "logs"),
		onError: (error) => log.warn(describeError(error), "lines of functions' logs were lost"),
		onUnknownDropped: (requests) => log.warn({ requests }, "requests to unknown functions were not logged"),
	});
	opened.add(() => logs.close());
	const faults = new Faults(log);
	const { builder, runtime } = await openDeno(config, logs, { log, faults }, opened);
	const open = { clock, identity, log, faults, logs, store, builder, runtime };
	const core = await openCore(config, open);
	opened.add(() => core.close(GRACE_MS));

	const budget = listenerBudget(config.limits);
	const gateway = buildGateway(core, budget, config.limits);
	const listeners = new OpenParts();
	// Both listeners close at the same time, so that requests in flight share one grace period.
	opened.add(() => listeners.closeTogether(log));
	const listenUrl = await listen(gateway, config, listeners);
	const closing = new AbortController();
	const control = buildControlListener(core, budget, config, { listenUrl, closing: closing.signal });
	const controlUrl = await listenControl(control, config, listeners);
	await core.startPinned();
	const timeoutMs = functionDefaults(config.limits).timeoutSeconds * 1000;
	core.automations.start({ host: new URL(listenUrl).host, timeoutMs });
	listeners.add(() => core.automations.close(GRACE_MS));
	const endSweep = core.keepIdle(IDLE_AFTER_MS);
	opened.add(async () => endSweep());
	opened.add(async () => closing.abort());
	const endGuard = faults.guardProcess();
	opened.add(async () => endGuard());
	const firstToken = await createFirstToken(core);
	const isolation = { sandbox: builder.level, ...reportIsolation(runtime, log) };
	log.info({ listen: listenUrl, control: controlUrl, ...isolation }, "the platform is ready");
	const protection = { buildSandbox: builder.level, network: runtime.network };
	return { listenUrl, controlUrl, firstToken, ...protection, close: () => opened.close(log) };
}

/** Describes the isolation of functions for the log, and warns of each part that does not work here. */
function reportIsolation({ limits, network }: Runtime, log: Log): { limits: string; network: string } {
	const { missing } = limits;
	if (missing.length > 0) log.warn({ missing }, "some limits of functions do not work on this machine");
	const open = network.missing;
	if (open.length > 0)
		log.warn({ missing: open }, "some network restrictions of functions do not work on this machine");
	return { limits: limits.driver, network: network.isolation };
}

async function openDeno(
	config: PlatformConfig,
	logs: FunctionLogs,
	{ log, faults }: { log: Log; faults: Faults },
	opened: OpenParts,
): Promise<{ builder: Builder; runtime: Runtime }> {
	const binary = await findDeno(config.deno);
	const { allowNet, buildDirectory, dataDirectory, hidden, limits, passthrough } = config;
	const { memoryMB: memoryMiB, timeoutSeconds } = functionDefaults(limits);
	const runtime = await createDenoRuntime({
		...limits,
		binary,
		hostPath: hostPath("main.ts"),
		directory: join(dataDirectory, "run"),
		allowNet,
		memoryMiB,
		heapMiB: Math.floor(memoryMiB / 2),
		responseTimeoutMs: timeoutSeconds * 1000,
		onLine: (app, name, line) => logs.append(app, name, line),
		egressProgram: builtPath("egress.cjs"),
		onMissingIsolation: (wall, why) =>
			log.warn({ wall, why }, "a network restriction of functions does not work on this machine"),
		onFailedIsolation: (what) =>
			log.error({ what }, "a network restriction of functions has stopped working"),
		onLimitFailure: (error) => log.warn(describeError(error), "the limits of a function could not be set"),
		faults: faults.function,
		onShared: () => log.warn("functions run as root: users of their own do not work on this machine"),
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

async function openCore(
	{ limits, version }: PlatformConfig,
	parts: Required<PlatformParts> & {
		store: Store;
		builder: Builder;
		runtime: Runtime;
		logs: FunctionLogs;
		faults: Faults;
	},
): Promise<Core> {
	const { builder, clock, faults, identity, log, logs, runtime, store } = parts;
	const deployer = new Deployer({
		store,
		builder,
		maxima: limits,
		log,
		now: clock.now,
	});
	const bounds = { ...limits, version, startsMax: availableParallelism() };
	return await Core.open({ ...bounds, store, runtime, logs, deployer, identity, log, clock, faults });
}

async function listen(
	gateway: Gateway,
	{ listen: address }: PlatformConfig,
	opened: OpenParts,
): Promise<string> {
	const { port } = await bindAddress("gateway", address, () => gateway.listen(address.port, address.host));
	opened.add(() => gateway.close({ graceMs: GRACE_MS }));
	return httpUrl({ host: address.host, port });
}

async function listenControl(
	listener: ControlListener,
	{ control, tls }: PlatformConfig,
	opened: OpenParts,
): Promise<string> {
	const address = await bindAddress("control API", control, () => listener.listen(control));
	opened.add(() => listener.close(GRACE_MS));
	return httpUrl(address, tls ? "https" : "http");
}

/** A token for the operator. Undefined where a valid token with the scope `admin` exists. */
async function createFirstToken({ clock, tokens }: Core): Promise<string | undefined> {
	if (tokens.hasAdministrator(clock.now())) return undefined;
	const { token } = await tokens.create({ scopes: ["admin"] }, clock.now());
	return token;
}
