/** Connects the observations of an app's functions with the app's log and the functions' logs. */

import { isLive } from "../apps/app-state.ts";
import { describeError } from "../faults/log.ts";
import { Observations } from "./observations.ts";
import type { ReconcileOptions } from "./reconcile-options.ts";

/**
 * Creates the observations of an app's functions.
 * @param restart starts a function again with the present secrets
 */
export function observe(
	options: ReconcileOptions,
	restart: (name: string) => Promise<unknown>,
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
		restart,
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
