/** The parts of the data plane: the runtime, the stores, the gateways and the connection to the control plane. */
import type { Handlers } from "../../channel/channel.ts";
import { FaultBoundary, type FaultOrigin } from "../../faults/error-boundary.ts";
import { KvStores } from "../../kv/kv-stores.ts";
import type { DenoRuntimeOptions } from "../../runtime/deno-options.ts";
import { isolationReports } from "../../runtime/isolation-reports.ts";
import { createDenoRuntime } from "../../runtime/open-deno.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { configurationHash, type DataPlaneConfiguration } from "../configuration.ts";
import { type DataPlaneContract, PROTOCOL } from "../messages.ts";
import { fromSystemMs } from "../system-clock.ts";
import { ControlLink } from "./control-link.ts";
import { Gateways } from "./gateways.ts";
import { HostedRuntime } from "./hosted-runtime.ts";
import { Lines } from "./lines.ts";

/** How long requests in flight may take if no control plane ends the data plane. */
const GRACE_MS = 10_000;

interface Parts {
	readonly runtime: Runtime;
	readonly kv: KvStores;
	readonly link: ControlLink;
	readonly hosted: HostedRuntime;
	readonly gateways: Gateways;
	readonly exit: () => never;
}

export class DataPlaneProcess {
	readonly #configuration: DataPlaneConfiguration;
	readonly #parts: Parts;
	#ended: Promise<never> | undefined;

	private constructor(configuration: DataPlaneConfiguration, parts: Parts) {
		this.#configuration = configuration;
		this.#parts = parts;
	}

	/**
	 * Opens everything, and then the socket for the control plane. No gateway listens yet.
	 * @param exit ends the process
	 * @throws AppError `ALLOW_NET_INVALID` (exit 2), and the errors of the file system
	 */
	static async open(configuration: DataPlaneConfiguration, exit: () => never): Promise<DataPlaneProcess> {
		const link = new ControlLink(new FaultBoundary("process"));
		const faultsOf = (origin: FaultOrigin) =>
			new FaultBoundary(origin, link.log, () => link.emit("fault", { origin }));
		const faults = faultsOf("function");
		const uncaught = faultsOf("process");
		process.on("uncaughtException", (error) => uncaught.note(error));
		const kv = new KvStores({
			...configuration.kv,
			onError: (error, app) =>
				link.log.error({ error, ...(app && { app }) }, "a Deno KV store does not work"),
		});
		const runtime = await createDenoRuntime({
			...configuration.runtime,
			...reportsOf(link, kv),
			faults,
		});
		const hosted = new HostedRuntime(runtime, link, faults);
		link.onDisconnected = () => hosted.abandoned();
		const gateways = new Gateways({
			configuration: configuration.gateway,
			link,
			hosted,
			faults: faultsOf("gateway"),
		});
		hosted.observer = gateways;
		const plane = new DataPlaneProcess(configuration, { runtime, kv, link, hosted, gateways, exit });
		await link.listen(configuration.socketPath, plane.#handlers());
		return plane;
	}

	/** Whether a control plane is connected. */
	get isControlled(): boolean {
		return this.#parts.link.isConnected;
	}

	/** Lets requests in flight finish, stops everything and ends the process. */
	end(): Promise<never> {
		this.#ended ??= this.#end();
		return this.#ended;
	}

	async #end(): Promise<never> {
		const { gateways, kv, runtime } = this.#parts;
		await gateways.close(GRACE_MS);
		await runtime.close();
		await kv.close();
		// This also closes the connection, by which the control plane learns of the end.
		return this.#parts.exit();
	}

	/** Serves functions until a moment of the system's monotonic clock, unless a later one is named before. */
	#serveUntil(untilMs: number): void {
		const { gateways, hosted } = this.#parts;
		gateways.serveUntil(untilMs);
		hosted.endAt(fromSystemMs(untilMs));
	}

	#handlers(): Handlers<DataPlaneContract> {
		const { gateways, hosted, kv, link, runtime } = this.#parts;
		const nothing = { data: null };
		return {
			calls: {
				...hosted.calls,
				hello: async () => {
					link.ready();
					const { limits, network } = runtime;
					const { isolation, missing } = network;
					return {
						data: {
							protocol: PROTOCOL,
							configuration: configurationHash(this.#configuration),
							port: gateways.port,
							version: this.#configuration.version,
							running: hosted.running(),
							network: { isolation, missing },
							limits,
						},
					};
				},
				dropStore: async ({ app }) => {
					await kv.drop(app);
					return nothing;
				},
				keepStores: async ({ apps }) => {
					await kv.keepOnly(apps);
					return nothing;
				},
				listen: async () => ({ data: await gateways.listen() }),
				route: async (update) => {
					await gateways.route(update);
					return nothing;
				},
				closeGateways: async ({ graceMs }) => {
					await gateways.close(graceMs);
					return nothing;
				},
				close: () => this.end(),
				ping: async () => nothing,
			},
			events: { ...hosted.events, serve: ({ untilMs }) => this.#serveUntil(untilMs) },
		};
	}
}

/** The callbacks of the runtime, which report to the control plane. */
function reportsOf(link: ControlLink, kv: KvStores): Partial<DenoRuntimeOptions> {
	const lines = new Lines((collected, bytes) => link.emitKept("lines", collected, bytes));
	return {
		onLine: (app, lifetime, line, name) => lines.add(app, lifetime, line, name),
		openStore: (socket) => kv.listen(socket),
		...isolationReports(link.log),
	};
}
