/** The routes of a gateway process, with the instances that they name. */

import { cutOff } from "../../faults/cut-off.ts";
import type { AdmissionOptions } from "../../gateway/admission.ts";
import type { FindInstance } from "../../gateway/instances.ts";
import { type RoutedInstance, Routes, type RoutesUpdate } from "../routes.ts";
import { fromSystemMs } from "../system-clock.ts";
import { type InstancePort, LiveInstance } from "./live-instance.ts";

export interface LiveRoutesPort extends InstancePort {
	/** Asks for the instance of a function that runs no instance. @returns its id; undefined if the function does not run */
	readonly ensure: (app: string, name: string) => Promise<string | undefined>;
}

export class LiveRoutes implements Pick<AdmissionOptions, "functions" | "hosts" | "settings"> {
	readonly #port: LiveRoutesPort;
	readonly #routes = new Routes();
	readonly #instances = new Map<string, LiveInstance>();
	/** By `performance.now()`. */
	#servesUntilMs = Number.POSITIVE_INFINITY;

	constructor(port: LiveRoutesPort) {
		this.#port = port;
	}

	/** Applies an update. @throws Error if updates before it are missing */
	apply(update: RoutesUpdate): void {
		this.#routes.apply(update);
		for (const change of update.changes) {
			if ("host" in change) continue;
			const routes = "functions" in change ? Object.values(change.functions ?? {}) : [change.route];
			for (const route of routes) if (route?.instance !== undefined) this.#add(route.instance);
		}
	}

	/** The apps that have hosts of their own. */
	get hosts(): ReadonlyMap<string, string> {
		return this.#routes.hosts;
	}

	readonly functions: AdmissionOptions["functions"] = (app) => this.#routes.find(app);

	readonly settings: AdmissionOptions["settings"] & object = (app, name) =>
		this.#routes.find(app)?.get(name)?.settings;

	/** @param systemMs until when functions may be served, by the system's monotonic clock */
	serveUntil(systemMs: number): void {
		this.#servesUntilMs = fromSystemMs(systemMs);
	}

	/**
	 * The instance that serves a function. The control plane starts one if there is none.
	 * @throws AppError `NODE_CUT_OFF` (exit 6)
	 */
	readonly instance: FindInstance = (app, name) => {
		// The control plane cannot end this: it may have ended itself, or be suspended.
		if (performance.now() >= this.#servesUntilMs) throw cutOff();
		const id = this.#routes.find(app)?.get(name)?.instance?.id;
		return (id === undefined ? undefined : this.#instances.get(id)) ?? this.#ensure(app, name);
	};

	/** An instance; undefined if its process has ended. */
	find(id: string): LiveInstance | undefined {
		return this.#instances.get(id);
	}

	/** Forgets an instance whose process has ended. */
	gone(id: string): void {
		this.#instances.get(id)?.gone();
		this.#instances.delete(id);
	}

	async #ensure(app: string, name: string): Promise<LiveInstance | undefined> {
		const id = await this.#port.ensure(app, name);
		return id === undefined ? undefined : this.#instances.get(id);
	}

	#add(instance: RoutedInstance): void {
		if (!this.#instances.has(instance.id))
			this.#instances.set(instance.id, new LiveInstance(instance, this.#port));
	}
}
