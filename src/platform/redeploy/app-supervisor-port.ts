/** Connects the supervisor of a function with its app. */
import type { SealedRecord } from "../../vault/records/record.ts";
import { describeError } from "../faults/log.ts";
import { readsOf } from "../functions/function.ts";
import type { FunctionPhase } from "./activity.ts";
import { capacityHolder } from "./capacity.ts";
import type { FunctionSupervisor } from "./function-supervisor.ts";
import type { Observations } from "./observations.ts";
import type { ReconcileOptions } from "./reconcile-options.ts";
import { ERROR_CHARACTERS_MAX } from "./refresh.ts";
import type { AppRollout } from "./rollout/app-rollout.ts";
import { hasOtherValues } from "./rollout/conform.ts";
import { changedSince } from "./starts/function-environment.ts";
import { launch } from "./starts/launch.ts";
import { reportReplaced } from "./starts/replacements.ts";
import { startFailure } from "./starts/start-failure.ts";
import type { Started, SupervisorPort } from "./supervisor-port.ts";

export interface AppParts {
	/** The supervisor that gets the port. */
	readonly supervisor: () => FunctionSupervisor;
	readonly observations: Observations;
	/** The records whose signatures are verified. */
	readonly verified: WeakSet<SealedRecord>;
	readonly idleSeconds: () => number | "never" | undefined;
	/** Records the deployment of a process that is ready as the function's current one. */
	readonly recordDeployed: (started: Started) => Promise<unknown>;
	readonly rollout: AppRollout;
}

/** The port of a function's supervisor. */
export function supervisorPort(
	options: ReconcileOptions,
	name: string,
	{ idleSeconds, observations, recordDeployed, rollout, supervisor, verified }: AppParts,
): SupervisorPort {
	const { activities, app, capacity, log, monotonicMs, now, routesChanged, schedule } = options;
	const report = (phase: FunctionPhase, error?: string) =>
		activities.report(app.id, {
			...{ type: "function", function: name, phase },
			...(error === undefined ? {} : { error: error.slice(0, ERROR_CHARACTERS_MAX) }),
		});
	const present = () => app.state.functions.get(name);
	const holder = capacityHolder(supervisor, () => idleSeconds() === "never");
	return {
		wantedDeployment: () => present()?.deployment,
		acquireCapacity: () => capacity.acquire(holder),
		releaseCapacity: () => capacity.release(holder),
		onStartSettled: () => capacity.admitWaiting(),
		start: (deployment, begin, signal) => {
			report("starting");
			return rollout.start(deployment, () =>
				launch(options, deployment, {
					...{ begin, observations, signal, verified },
					records: () => rollout.recordsFor(name),
				}),
			);
		},
		isOutdated: (started) =>
			started.values === undefined
				? changedSince(app.state, readsOf(started.deployment), started.moment)
				: hasOtherValues(app, rollout, started),
		routeChanged: () => routesChanged(app.id),
		onStarted: async (started) => {
			if (present()?.error !== undefined) await recordDeployed(started);
			return "committed";
		},
		onFailure: (error) => {
			log.warn({ app: app.id, function: name, ...describeError(error) }, "a function does not run");
			report("failed", error === undefined ? supervisor().error : startFailure(error).message);
		},
		onPhase: report,
		onReplaced: (replaced) => reportReplaced(options, name, replaced),
		now,
		schedule,
		monotonicMs,
	};
}
