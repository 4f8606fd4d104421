/**
 * The routes of the gateways: each function, its settings for requests, the instance that serves it, and the hosts of
 * apps. The control plane publishes them as a snapshot and then as changes, each with the next version. The data plane
 * and each gateway keep a copy. Pure.
 */
import type { FunctionSettings } from "../../modules/function-settings.ts";

/** The settings that the gateway applies to each request. */
export type RequestSettings = Pick<FunctionSettings, "maxBodyMB" | "nameInPath" | "timeoutSeconds">;

/** The instance that serves a function. */
export interface RoutedInstance {
	readonly id: string;
	readonly deployment: string;
	readonly socketPath: string;
	/** Whether it had not answered a request when this was published. */
	readonly isOnProbation: boolean;
}

export interface FunctionRoute {
	/** The lifetime of the function. */
	readonly firstDeployment: string;
	readonly settings: RequestSettings;
	/** Undefined if the function is idle, failed, or lets its requests wait: the control plane is asked then. */
	readonly instance?: RoutedInstance;
}

/** A change. `functions: null` removes an app, `route: null` removes a function, `app: null` takes a host from its app. */
export type RouteChange =
	| { readonly app: string; readonly functions: Readonly<Record<string, FunctionRoute>> | null }
	| { readonly app: string; readonly function: string; readonly route: FunctionRoute | null }
	| { readonly host: string; readonly app: string | null };

/** A snapshot replaces everything that was known. A change follows the version before it. */
export interface RoutesUpdate {
	readonly version: number;
	readonly isSnapshot: boolean;
	readonly changes: readonly RouteChange[];
}

/** The functions of an app, by name. */
export type AppRoutes = ReadonlyMap<string, FunctionRoute>;

export class Routes {
	readonly #apps = new Map<string, Map<string, FunctionRoute>>();
	readonly #hosts = new Map<string, string>();
	#version = 0;

	/** The functions of an app. Undefined if there is no such app. */
	find(app: string): AppRoutes | undefined {
		return this.#apps.get(app);
	}

	/** The apps that have hosts of their own, by host. It stays up to date. */
	get hosts(): ReadonlyMap<string, string> {
		return this.#hosts;
	}

	/**
	 * Applies an update.
	 * @throws Error if updates before it are missing
	 */
	apply({ changes, isSnapshot, version }: RoutesUpdate): void {
		if (!isSnapshot && version !== this.#version + 1)
			throw new Error(`The routes have version ${this.#version}, and the change has version ${version}.`);
		if (isSnapshot) {
			this.#apps.clear();
			this.#hosts.clear();
		}
		for (const change of changes) this.#change(change);
		this.#version = version;
	}

	/** Everything as one update. @param isRunning whether an instance still runs; another one is left out */
	snapshot(isRunning: (instance: string) => boolean = () => true): RoutesUpdate {
		const apps = [...this.#apps].map(([app, routes]) => {
			const functions = [...routes].map(([name, route]) => {
				const { instance, ...idle } = route;
				return [name, instance === undefined || isRunning(instance.id) ? route : idle] as const;
			});
			return { app, functions: Object.fromEntries(functions) };
		});
		const hosts = [...this.#hosts].map(([host, app]) => ({ host, app }));
		return { version: this.#version, isSnapshot: true, changes: [...apps, ...hosts] };
	}

	#change(change: RouteChange): void {
		if ("host" in change) {
			if (change.app === null) this.#hosts.delete(change.host);
			else this.#hosts.set(change.host, change.app);
			return;
		}
		const { app } = change;
		if ("functions" in change) {
			if (change.functions === null) this.#apps.delete(app);
			else this.#apps.set(app, new Map(Object.entries(change.functions)));
			return;
		}
		const functions = this.#apps.get(app) ?? new Map<string, FunctionRoute>();
		this.#apps.set(app, functions);
		if (change.route === null) functions.delete(change.function);
		else functions.set(change.function, change.route);
	}
}
