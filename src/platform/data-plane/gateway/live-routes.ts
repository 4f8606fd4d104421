/** The routes of a gateway process, with the instances that they name. */
import type { AdmissionOptions } from "../../gateway/admission.ts";
import type { FindInstance } from "../../gateway/instances.ts";
import { type RoutedInstance, Routes, type RoutesUpdate } from "../routes.ts";
import { type InstancePort, LiveInstance } from "./live-instance.ts";

export interface LiveRoutesPort extends InstancePort {
	/** Asks for the instance of a function that runs no instance. @returns its id; undefined if the function does not run */
	readonly ensure: (app: string, name: string) => Promise<string | undefined>;
}

export class LiveRoutes implements Pick<AdmissionOptions, "functions" | "hosts" | "settings"> {
	readonly #port: LiveRoutesPort;
	readonly #routes = new Routes();
	readonly #instances = new Map<string, LiveInstance>();

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

	/** The instance that serves a function. The control plane starts one if there is none. */
	readonly instance: FindInstance = (app, name) => {
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
