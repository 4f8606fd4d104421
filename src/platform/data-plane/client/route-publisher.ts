/** Tells the gateways which functions there are, which instance serves each of them, and the hosts of apps. */

import type { Instance } from "../../runtime/runtime.ts";
import type { FunctionRoute, RouteChange } from "../routes.ts";
import type { DataPlane } from "./data-plane.ts";
import { RemoteInstance } from "./remote-instance.ts";

/** A function that is deployed. */
export interface RoutedFunction extends Pick<FunctionRoute, "firstDeployment" | "settings"> {
	/** The instance that gets its requests. Undefined if the control plane has to be asked for each of them. */
	readonly instance: Instance | undefined;
}

export interface RouteSource {
	/** The ids of all apps. */
	apps(): Iterable<string>;
	/** The functions of an app, by name. Undefined if there is no such app. */
	functionsOf(app: string): Iterable<readonly [name: string, routed: RoutedFunction]> | undefined;
	/** The app of each host. */
	hosts(): ReadonlyMap<string, string>;
}

type Published = ReadonlyMap<string, FunctionRoute>;

export class RoutePublisher {
	readonly #plane: Pick<DataPlane, "route">;
	readonly #source: RouteSource;
	readonly #published = new Map<string, Published>();
	#hosts: ReadonlyMap<string, string> = new Map();

	constructor(plane: Pick<DataPlane, "route">, source: RouteSource) {
		this.#plane = plane;
		this.#source = source;
	}

	/**
	 * Publishes what has changed in an app. Resolves when every gateway routes requests accordingly. The changes of calls
	 * are sent in the order of the calls.
	 */
	changed(app: string): Promise<void> {
		const before = this.#published.get(app);
		const after = this.#routesOf(app);
		if (after === undefined) this.#published.delete(app);
		else this.#published.set(app, after);
		return this.#plane.route(changesOf(app, before, after));
	}

	/** Publishes what has changed in the hosts of apps. Resolves as `changed` does. */
	hostsChanged(): Promise<void> {
		const before = this.#hosts;
		const after = new Map(this.#source.hosts());
		this.#hosts = after;
		const removed = [...before.keys()].filter((host) => !after.has(host));
		const changed = [...after].filter(([host, app]) => before.get(host) !== app);
		return this.#plane.route([
			...removed.map((host) => ({ host, app: null })),
			...changed.map(([host, app]) => ({ host, app })),
		]);
	}

	/** All routes. */
	snapshot(): readonly RouteChange[] {
		this.#published.clear();
		for (const app of this.#source.apps()) {
			const routes = this.#routesOf(app);
			if (routes !== undefined) this.#published.set(app, routes);
		}
		this.#hosts = new Map(this.#source.hosts());
		const apps = [...this.#published].map(([app, routes]) => ({
			app,
			functions: Object.fromEntries(routes),
		}));
		return [...apps, ...[...this.#hosts].map(([host, app]) => ({ host, app }))];
	}

	#routesOf(app: string): Published | undefined {
		const functions = this.#source.functionsOf(app);
		return functions && new Map([...functions].map(([name, routed]) => [name, routeOf(routed)]));
	}
}

function routeOf({ firstDeployment, instance, settings }: RoutedFunction): FunctionRoute {
	const { maxBodyMB, nameInPath, timeoutSeconds } = settings;
	const route = { firstDeployment, settings: { maxBodyMB, nameInPath, timeoutSeconds } };
	if (!(instance instanceof RemoteInstance)) return route;
	const { deployment, id, socketPath } = instance;
	const isOnProbation = instance.probation !== undefined;
	return { ...route, instance: { id, deployment, socketPath, isOnProbation } };
}

function changesOf(app: string, before: Published | undefined, after: Published | undefined): RouteChange[] {
	if (after === undefined) return before === undefined ? [] : [{ app, functions: null }];
	if (before === undefined) return [{ app, functions: Object.fromEntries(after) }];
	const removed = [...before.keys()].filter((name) => !after.has(name));
	const changed = [...after].filter(([name, route]) => !isSame(before.get(name), route));
	return [
		...removed.map((name) => ({ app, function: name, route: null })),
		...changed.map(([name, route]) => ({ app, function: name, route })),
	];
}

/** Whether two routes lead to the same instance with the same settings. */
function isSame(one: FunctionRoute | undefined, other: FunctionRoute): boolean {
	return (
		one?.firstDeployment === other.firstDeployment &&
		one.instance?.id === other.instance?.id &&
		one.settings.maxBodyMB === other.settings.maxBodyMB &&
		one.settings.nameInPath === other.settings.nameInPath &&
		one.settings.timeoutSeconds === other.settings.timeoutSeconds
	);
}
