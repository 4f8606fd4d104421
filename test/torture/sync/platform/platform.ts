/**
 * The platform of a simulation: the real core, API and store, without sockets and functions. It can fail at
 * any time.
 */
import { type Api, createApi } from "../../../../src/platform/api/api.ts";
import type { Builder } from "../../../../src/platform/build/bundle.ts";
import { limitsOf } from "../../../../src/platform/configuration/limits.ts";
import { NO_LOG } from "../../../../src/platform/faults/log.ts";
import type { FunctionLogs } from "../../../../src/platform/logs/function-logs.ts";
import type { Clock } from "../../../../src/platform/machine/clock.ts";
import type { Runtime } from "../../../../src/platform/runtime/runtime.ts";
import { Core } from "../../../../src/platform/service/core.ts";
import { Deployer } from "../../../../src/platform/service/deploy.ts";
import type { CoreIdentity } from "../../../../src/platform/service/streams.ts";
import { openStore } from "../../../../src/platform/store/open.ts";
import type { Plant } from "../plants.ts";
import { WatchedStore } from "./store.ts";

export const APP = "shop";
export const ORIGIN = "http://127.0.0.1:8081";
const VERSION = "0.0.0-simulated";
const BEGINNING_MS = 1_800_000_000_000;

/** A request as the client sent it. */
export interface Sent {
	readonly task: string;
	readonly method: string;
	readonly path: string;
	readonly headers: Headers;
	readonly body: string | undefined;
}

export interface Answer {
	readonly status: number;
	readonly headers: Headers;
	readonly bytes: Uint8Array;
}

function never(): never {
	throw new TypeError("No function is deployed in a simulation.");
}

const NO_FUNCTIONS: Runtime = {
	limits: { driver: "priority", missing: [] },
	network: { isolation: "none", missing: [] },
	start: never,
	forget: async () => {},
	close: async () => {},
};
const NO_KIND = { append: never, read: never, follow: never, position: never };
const NO_LINES: FunctionLogs = {
	...NO_KIND,
	requests: NO_KIND,
	dropped: { output: 0, requests: 0 },
	forget: async () => {},
	forgetAll: async () => {},
	keepOnly: async () => {},
	close: async () => {},
};
const NO_BUILDS: Builder = { level: "none", conditions: [], prepare: never, build: never, close: () => {} };

/** A wall clock that the schedule sets. The monotonic clock advances normally. */
class SetClock implements Clock {
	offsetMs = 0;
	#ticks = 0;
	readonly now = () => Math.max(0, BEGINNING_MS + this.offsetMs + this.#ticks++);
	readonly monotonicMs = () => this.#ticks++;
	readonly schedule = () => () => {};
}

export class SimulatedPlatform {
	readonly identity: CoreIdentity;
	readonly clock = new SetClock();
	token = "";
	/** The reason why it cannot start again. */
	broken: unknown;
	readonly #url: string;
	#plant: Plant | undefined;
	#store!: WatchedStore;
	#core!: Core;
	#api!: Api;

	private constructor(folder: string, identity: CoreIdentity) {
		this.#url = `sqlite:${folder}`;
		this.identity = identity;
	}

	static async open(folder: string, identity: CoreIdentity): Promise<SimulatedPlatform> {
		const platform = new SimulatedPlatform(folder, identity);
		await platform.#start();
		const { token } = await platform.#core.tokens.create({ scopes: ["admin"] }, platform.clock.now());
		platform.token = token;
		return platform;
	}

	get core(): Core {
		return this.#core;
	}

	/** From now on. */
	plant(plant: Plant | undefined): void {
		this.#plant = plant;
		this.#store.plant = plant;
	}

	/** The entries that are really in the store. */
	async entries(after: number): Promise<readonly { revision: number; body: string }[]> {
		return await this.#store.inner.read(`apps/${APP}/changes`, after);
	}

	get revision(): number {
		return this.#core.apps.find(APP)?.state.head.revision ?? 0;
	}

	/** Handles a request and returns the whole response. */
	async handle({ method, path, headers, body }: Sent): Promise<Answer> {
		const init = { method, headers, ...(body === undefined ? {} : { body }) };
		const response = await this.#api(new Request(ORIGIN + path, init), "simulated");
		const bytes = new Uint8Array(await response.arrayBuffer());
		return { status: response.status, headers: response.headers, bytes };
	}

	/**
	 * Makes the platform fail, like a power failure, directly after it has stored the next change. Call
	 * `restart` afterwards.
	 */
	dieAfterChange(): void {
		this.#store.diesAfterChange = true;
	}

	/** Restarts with the contents of the store. @throws AppError exit 7 if the store was changed */
	async restart(): Promise<void> {
		try {
			await this.close();
			await this.#start();
		} catch (error) {
			this.broken = error;
			throw error;
		}
	}

	async close(): Promise<void> {
		await this.#core.close(0);
		await this.#store[Symbol.asyncDispose]();
	}

	async #start(): Promise<void> {
		const store = new WatchedStore(await openStore(this.#url));
		store.plant = this.#plant;
		const { clock, identity } = this;
		const deployer = new Deployer({
			store,
			builder: NO_BUILDS,
			maxima: limitsOf(),
			log: NO_LOG,
			now: clock.now,
		});
		this.#store = store;
		try {
			this.#core = await Core.open({
				version: VERSION,
				store,
				runtime: NO_FUNCTIONS,
				kv: { drop: async () => {}, keepOnly: async () => {}, sizes: async () => [] },
				logs: NO_LINES,
				deployer,
				identity,
				startsMax: 1,
				processesMax: 100,
				log: NO_LOG,
				clock,
			});
		} catch (error) {
			await store[Symbol.asyncDispose]();
			throw error;
		}
		const hosts = { bound: "127.0.0.1", names: [] };
		this.#api = createApi({ core: this.#core, hosts, listenUrl: "http://127.0.0.1:8080" });
	}
}
