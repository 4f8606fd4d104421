/** Connects the observations of an app's functions with the app's log and the functions' logs. */

import { isLive } from "../apps/state/app-state.ts";
import { describeError } from "../faults/log.ts";
import type { FunctionSupervisor } from "./function-supervisor.ts";
import { Observations } from "./observations.ts";
import type { ReconcileOptions } from "./reconcile-options.ts";

/** Creates the observations of an app's functions. */
export function observe(
	options: ReconcileOptions,
	findSupervisor: (name: string) => FunctionSupervisor | undefined,
): Observations {
	const { app, log, logs, now } = options;
	const present = (name: string) => app.state.functions.get(name)?.deployment;
	return new Observations({
		present,
		isSecret: (name) => isLive(app.state.records.get(name)) || isLive(app.state.local.get(name)?.record),
		record: ({ function: name, id }, seen, references) =>
			app.record(() =>
				present(name)?.id === id
					? {
							type: "observed",
							function: name,
							deployment: id,
							seen: [...seen],
							references: [...references],
							atMs: now(),
						}
					: undefined,
			),
		restart: async (name) => await findSupervisor(name)?.refresh(),
		onMissed: ({ function: name, id }, replaced) => findSupervisor(name)?.supersede(id, replaced),
		log: (name, message) => {
			const lifetime = app.functionLifetime(name);
			const time = new Date(now()).toISOString();
			if (lifetime !== undefined)
				logs.append(lifetime.app, lifetime.function, { time, level: "error", message });
		},
		onError: (name, error) =>
			log.warn(
				{ app: app.id, function: name, ...describeError(error) },
				"the variables that a function reads could not be recorded",
			),
	});
}
