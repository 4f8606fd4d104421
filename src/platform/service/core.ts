/** A running platform without its sockets: its apps, functions and tokens. */
import { fingerprint } from "../../identity/identity.ts";
import type { CreateApp, PlatformInfo } from "../../protocol/messages.ts";
import type { App } from "../apps/app.ts";
import type { Apps } from "../apps/apps.ts";
import type { HostNames } from "../apps/host-names.ts";
import { cutOff } from "../faults/cut-off.ts";
import { Faults } from "../faults/error-boundary.ts";
import { describeError, type Log } from "../faults/log.ts";
import type { FunctionLogs } from "../logs/function-logs.ts";
import type { Clock } from "../machine/clock.ts";
import { Limiter } from "../machine/mutex.ts";
import { Activities } from "../redeploy/activity.ts";
import { Bundles } from "../redeploy/bundles.ts";
import { Capacity } from "../redeploy/capacity.ts";
import { AppFunctions } from "../redeploy/reconcile.ts";
import type { ReconcileOptions } from "../redeploy/reconcile-options.ts";
import { removeAppData } from "../redeploy/stored-data.ts";
import type { Instance, Runtime } from "../runtime/runtime.ts";
import { Automations } from "../schedule/automations.ts";
import type { Figures } from "../telemetry/figures/figures.ts";
import type { FunctionSample, Metrics } from "../telemetry/metrics.ts";
import type { AnswerTimes, FunctionLabels } from "../telemetry/request-metrics.ts";
import type { Principal, TokenRegistry } from "../tokens/tokens.ts";
import { Checkpointing } from "./checkpointing.ts";
import type { CoreOptions } from "./core-options.ts";
import type { Deployer } from "./deploy.ts";
import { keepIdle } from "./keep-idle.ts";
import { mayRemoveBlobs, type OpenNode, openNode, rolloutsOf } from "./node.ts";
import { openStreams, type StreamCallbacks, type Streams } from "./streams.ts";
import { openFigures, openMetrics } from "./telemetry.ts";
import { removeLeftovers } from "./unfinished-deletions.ts";

/** The time limit of a request's wait for capacity if all running functions are busy. Clients wait that long. */
const CAPACITY_WAIT_MS = 10_000;

export class Core {
	readonly info: PlatformInfo;
	readonly apps: Apps;
	readonly hosts: HostNames;
	readonly tokens: TokenRegistry;
	readonly store: Streams["store"];
	readonly storeKind: "sqlite" | "etcd";
	readonly backups: NonNullable<CoreOptions["backups"]>;
	readonly runtime: Runtime;
	readonly kv: CoreOptions["kv"];
	readonly logs: FunctionLogs;
	readonly metrics: Metrics;
	readonly figures: Figures;
	/** What happens to functions, for those who watch it. */
	readonly activities = new Activities();
	readonly deployer: Deployer;
	readonly automations: Automations;
	readonly checkpointing: Checkpointing;
	readonly log: Log;
	readonly clock: Clock;
	readonly faults: Faults;
	/** Milliseconds since 1970. */
	readonly startedAtMs: number;
	/** Whether the platform does not take requests yet. */
	isStarting = false;
	/** Whether the platform stops soon. It still takes requests, but load balancers should not send any. */
	isStopping = false;
	/** This node among several. Undefined with one node. */
	readonly node: OpenNode | undefined;
	readonly #reconcile: Omit<ReconcileOptions, "app">;
	readonly #functions = new Map<App, AppFunctions>();
	/** Called as `ReconcileOptions.routesChanged`. */
	onRoutesChanged: (app: string) => Promise<void> = async () => {};

	private constructor(options: CoreOptions, streams: Streams) {
		const { apps, checkpoints, claims, hosts, store, tokens } = streams;
		const { clock, identity, log, logs, runtime } = options;
		const { sign, box } = identity.publicKeys;
		this.info = { version: options.version, sign, box, fingerprint: fingerprint({ sign, box }) };
		this.apps = apps;
		this.hosts = hosts;
		this.tokens = tokens;
		this.store = store;
		this.storeKind = options.storeKind ?? "sqlite";
		this.backups = options.backups ?? (async () => []);
		this.runtime = runtime;
		this.kv = options.kv;
		this.logs = logs;
		this.deployer = options.deployer;
		this.log = log;
		this.clock = clock;
		this.startedAtMs = clock.now();
		this.faults = options.faults ?? new Faults(log);
		const samples = () => this.samples();
		this.metrics = openMetrics(options, apps, this.faults, samples);
		this.figures = openFigures(options, apps, samples);
		this.automations = new Automations({
			...{ apps, claims, logs, log, clock, metrics: this.metrics },
			instance: (app, name) => this.instance(app, name),
			faults: this.faults.function,
		});
		this.checkpointing = new Checkpointing({ apps, checkpoints, store: options.store, clock, log });
		this.#reconcile = {
			store,
			bundles: new Bundles(store, this.storeKind === "etcd" ? undefined : 0),
			runtime,
			logs,
			metrics: this.metrics,
			figures: this.figures,
			activities: this.activities,
			identity,
			log,
			...clock,
			routesChanged: (app) => this.onRoutesChanged(app),
			starts: new Limiter(options.startsMax),
			capacity: new Capacity({ ...clock, countMax: options.processesMax, waitMs: CAPACITY_WAIT_MS }),
			rollouts: rolloutsOf(options, store, () => this.node?.nodes),
		};
		this.node = openNode(options, streams, this);
	}

	/**
	 * Reads everything in the store. No function runs yet (see `startPinned`).
	 * @throws AppError exit 7 if a stream is damaged or altered
	 */
	static async open(options: CoreOptions): Promise<Core> {
		const callbacks: StreamCallbacks = { onFunctions: () => {}, onDeletedElsewhere: async () => {} };
		const streams = await openStreams(options, callbacks);
		const keepsBlobs = !(await mayRemoveBlobs(options.store));
		const core = new Core(options, streams);
		await removeLeftovers(streams.apps, { ...core, kv: options.kv, store: streams.store }, keepsBlobs);
		callbacks.onDeletedElsewhere = (app) => core.#remove(app);
		callbacks.onFunctions = (app) => {
			core.automations.refresh(app);
			void core.onRoutesChanged(app);
		};
		return core;
	}

	/** Starts the functions that are never idle. One that fails is logged and has the state `failed`. */
	async startPinned(): Promise<void> {
		await Promise.all(this.apps.list().map((app) => this.functionsOf(app).startPinned()));
	}

	/** The functions of an app with the instances that get their requests. Undefined if there is no such app. */
	routesOf(id: string): ReturnType<AppFunctions["routes"]> | undefined {
		const app = this.apps.find(id);
		return app && this.functionsOf(app).routes();
	}

	/** The functions of an app. @throws AppError `APP_NOT_FOUND` (exit 4) if the app has been deleted */
	functionsOf(app: App): AppFunctions {
		const present = this.#functions.get(app);
		if (present !== undefined) return present;
		app.checkPresent();
		const functions = new AppFunctions({ ...this.#reconcile, app });
		this.#functions.set(app, functions);
		return functions;
	}

	/**
	 * The instance that serves a function. An idle function is started. Undefined if the function does not run.
	 * @throws AppError `NODE_CUT_OFF` (exit 6)
	 */
	instance(app: string, name: string): Instance | undefined | Promise<Instance | undefined> {
		// Not only when the time ends: a process that was suspended reads requests before its timers run.
		if (this.node?.nodes.mayServe === false) throw cutOff();
		const found = this.apps.find(app);
		return found && this.functionsOf(found).instance(name);
	}

	/** Every deployed function in its current state. */
	*samples(): Iterable<FunctionSample> {
		for (const app of this.apps.list()) {
			const running = this.#functions.get(app);
			for (const [name, { error }] of app.state.functions) {
				// A supervisor for each function of a large platform would take hundreds of megabytes.
				const found = running?.presentSupervisor(name);
				const state = found?.state ?? (error === undefined ? "idle" : "failed");
				yield { app: app.id, function: name, state, pid: found?.instance?.pid };
			}
		}
	}

	/** @throws AppError as `Apps.create` */
	async createApp(id: string, bound: CreateApp): Promise<App> {
		const { app, created } = await this.apps.create(id, bound);
		if (created) this.log.info({ app: id }, "app created");
		return app;
	}

	/** Finds or creates the app of a token of the Base44 CLI. A new app has no vault. @throws AppError as `Apps.findOrCreateFor` */
	async findOrCreateAppFor(id: string, by: Pick<Principal, "id" | "app">): Promise<App> {
		const { app, created } = await this.apps.findOrCreateFor(id, by);
		if (created) this.log.info({ app: id }, "app created for the Base44 CLI");
		return app;
	}

	/**
	 * Deletes an app. Its access tokens stop being valid first. Then its functions are stopped, and its log
	 * and everything that is kept for it are removed. No app with that id can be created before this has
	 * ended.
	 * @throws AppError `APP_NOT_FOUND` (exit 4)
	 */
	async deleteApp(id: string): Promise<void> {
		await this.apps.delete(id, (app) => this.#remove(app));
		this.log.info({ app: id }, "app deleted");
	}

	/** Stops the functions of a deleted app, and removes what is kept of it outside of the streams. */
	async #remove(app: App): Promise<void> {
		await this.onRoutesChanged(app.id);
		await this.#functions.get(app)?.close();
		this.#functions.delete(app);
		await removeAppData(this, app);
	}

	/** The functions of the apps that have been used. */
	running(): Iterable<AppFunctions> {
		return this.#functions.values();
	}

	/** Counts answers with the same status, unless their function has been deleted. @param times from requests to their ends */
	answered(
		of: FunctionLabels & { firstDeployment?: string | undefined },
		status: number,
		times: AnswerTimes,
	): void {
		const present = this.apps.find(of.app)?.functionLifetime(of.function);
		if (present === undefined || present.function !== of.firstDeployment) return;
		this.metrics.answeredAll(of, status, times);
		this.figures.answeredAll(present, status, times);
	}

	/**
	 * Stops functions that get no requests, now and from now on.
	 * @param defaultMs idle time of functions whose settings name none
	 * @returns a function that ends this
	 */
	keepIdle(defaultMs: number): () => void {
		return keepIdle(() => this.running(), this.clock, defaultMs);
	}

	/** Stops all functions. Each may finish the requests that it serves. */
	async close(graceMs: number): Promise<void> {
		await Promise.all(
			[...this.#functions.values()].map((functions) =>
				functions
					.close(graceMs)
					.catch((error: unknown) => this.log.error(describeError(error), "functions did not stop")),
			),
		);
	}
}
