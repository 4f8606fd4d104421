/** The composition root: makes a serving platform from a configuration. */
import type { ControlListener } from "./api/control-listener.ts";
import type { Builder } from "./build/bundle.ts";
import { datesUnlessValid, readPair } from "./configuration/certificate.ts";
import type { PlatformConfig } from "./configuration/config.ts";
import { advertisedUrl } from "./configuration/control-address.ts";
import { functionDefaults } from "./configuration/limits.ts";
import { toSystemMs } from "./data-plane/system-clock.ts";
import type { Log } from "./faults/log.ts";
import type { Gateway } from "./gateway/gateway.ts";
import { GATEWAY_TLS_FLAGS } from "./gateway/listener/certificates.ts";
import { bindAddress, httpUrl } from "./http/bind-address.ts";
import { buildControlListener, buildGateway, listenerBudget } from "./listeners.ts";
import { SYSTEM_CLOCK } from "./machine/clock.ts";
import { unlessAborted } from "./machine/on-abort.ts";
import { openCore, type PlatformParts } from "./open-core.ts";
import { OpenParts } from "./open-parts.ts";
import { remoteGateway } from "./remote-gateway.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { adoptInstances } from "./service/adopt-instances.ts";
import type { Core } from "./service/core.ts";

export { hasPlatform } from "./store/private-directory.ts";

export interface Platform {
	/** Base URL of the gateway, without a slash at its end. */
	readonly listenUrl: string;
	/** Base URL of the control API, without a slash at its end. */
	readonly controlUrl: string;
	/** A new access token with the scope `admin`. Undefined if a valid one exists, so set at the first start only. */
	readonly firstToken: string | undefined;
	/** The protection of the platform's own files from builds. */
	readonly buildSandbox: Builder["level"];
	/** The restrictions of functions' network beside Deno's permissions, and those of them that do not work here. */
	readonly network: Runtime["network"];
	/** Waits for the drain delay. Then takes no new requests, finishes those in flight, stops the functions, closes the store. */
	close(): Promise<void>;
	/**
	 * Closes the platform, but leaves functions and gateways running for the next platform of the same data directory.
	 * Without a data plane, this is `close`.
	 */
	handOver(): Promise<void>;
}

const GRACE_MS = 10_000;
const IDLE_AFTER_MS = 5 * 60_000;

/**
 * Starts a platform. When this resolves, each function that is never idle runs or has failed.
 * @throws AppError exit 2 for a certificate that is not valid, 6 for an address that cannot be used, 1 and 7 from the
 * store, Deno and the log; the reason of `parts.signal` if it aborts. Everything is closed again then.
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
	const { log, signal } = parts;
	checkCertificates(config, parts);
	const { builder, core, plane, runtime } = await openCore(config, parts, opened, GRACE_MS);
	core.isStarting = true;
	const budget = listenerBudget(config.limits);
	const gateway = plane ? remoteGateway(core, plane) : buildGateway(core, budget, config);
	await adoptInstances(core, plane?.instances.list() ?? []);
	core.node?.nodes.follow((monotonicMs) => plane?.emit("serve", { untilMs: toSystemMs(monotonicMs) }));
	const listeners = new OpenParts();
	// Both listeners close at the same time, so that requests in flight share one grace period.
	opened.add(() => listeners.closeTogether(log));
	const listenUrl = await listen(gateway, config, listeners);
	const closing = new AbortController();
	const ports = { listenUrl, closing: closing.signal, identity: parts.identity };
	const control = buildControlListener(core, budget, config, ports);
	const controlUrl = await listenControl(control, config, listeners);
	await showToNodes(core, config, controlUrl);
	// What has not started by then is ended when the core closes.
	await unlessAborted(core.startPinned(), signal);
	// An interrupted start leaves nothing running, as an interrupted platform.
	if (signal?.aborted === true) plane?.own();
	signal?.throwIfAborted();
	const timeoutMs = functionDefaults(config.limits).timeoutSeconds * 1000;
	core.automations.start({ host: new URL(listenUrl).host, timeoutMs });
	listeners.add(() => core.automations.close(GRACE_MS));
	const endSweep = core.keepIdle(IDLE_AFTER_MS);
	opened.add(async () => endSweep());
	opened.add(async () => closing.abort());
	const endGuard = core.faults.guardProcess();
	opened.add(async () => endGuard());
	const firstToken = await createFirstToken(core);
	const isolation = { sandbox: builder.level, ...reportIsolation(runtime, log) };
	plane?.own();
	core.isStarting = false;
	log.info({ listen: listenUrl, control: controlUrl, ...isolation }, "the platform is ready");
	const protection = { buildSandbox: builder.level, network: runtime.network };
	const stop = async (drainMs: number) => {
		core.isStopping = true;
		void core.node?.nodes.presence.stopping();
		if (drainMs > 0) await new Promise<void>((resolve) => void core.clock.schedule(resolve, drainMs));
		await opened.close(log);
	};
	const close = () => stop(config.drainDelayMs ?? 0);
	const handOver = () => {
		plane?.detach();
		return stop(0);
	};
	return { listenUrl, controlUrl, firstToken, ...protection, close, handOver };
}

/**
 * Reads the certificates before anything starts. A later error would also end the functions that an earlier platform
 * of the data directory has left running. Warns of those that clients refuse, since their time is over or has not come.
 * @throws AppError as `readPair`
 */
function checkCertificates(
	{ gatewayTls, tls }: PlatformConfig,
	{ clock = SYSTEM_CLOCK, log }: PlatformParts,
): void {
	const pairs = gatewayTls.map((files) => [files, readPair(files, GATEWAY_TLS_FLAGS)] as const);
	if (tls !== undefined) pairs.push([tls, readPair(tls)]);
	for (const [{ cert }, pair] of pairs) {
		const dates = datesUnlessValid(pair, clock.now());
		if (dates !== undefined)
			log.warn(
				{ file: cert, ...dates },
				"a certificate is not valid now, by the clock of this machine: clients refuse it",
			);
	}
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

/** Shows the other nodes how this one is reached. */
async function showToNodes(
	{ log, node }: Core,
	{ advertise }: PlatformConfig,
	controlUrl: string,
): Promise<void> {
	if (node === undefined) return;
	const address = advertisedUrl(advertise, controlUrl);
	if (address === undefined)
		log.warn({}, "other nodes cannot reach this one, and miss its logs: start it with --advertise URL");
	await node.showControl(controlUrl, address);
}

async function listen(
	gateway: Gateway,
	{ gatewayTls, listen: address }: PlatformConfig,
	opened: OpenParts,
): Promise<string> {
	const { port } = await bindAddress("gateway", address, () => gateway.listen(address.port, address.host));
	opened.add(() => gateway.close({ graceMs: GRACE_MS }));
	return httpUrl({ host: address.host, port }, gatewayTls.length > 0 ? "https" : "http");
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

/** A token for the operator. Undefined if a valid token with the scope `admin` exists. */
async function createFirstToken({ clock, tokens }: Core): Promise<string | undefined> {
	if (tokens.hasAdministrator(clock.now())) return undefined;
	const { token } = await tokens.create({ scopes: ["admin"] }, clock.now());
	return token;
}
