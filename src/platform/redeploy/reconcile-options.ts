/** The options of `AppFunctions`. */
import type { MemberIdentity } from "../apps/accept-change.ts";
import type { App } from "../apps/app.ts";
import type { FunctionLogs } from "../logs/function-logs.ts";
import type { Limiter } from "../machine/mutex.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Store } from "../store/store.ts";
import type { Figures } from "../telemetry/figures/figures.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Activities } from "./activity.ts";
import type { Bundles } from "./bundles.ts";
import type { Capacity } from "./capacity.ts";
import type { Rollouts } from "./rollout/rollouts.ts";

/** The platform's log. It never contains a value of a secret. */
interface ReconcileLog {
	warn(
		fields: { app: string; function: string; error?: string; count?: number; why?: string },
		message: string,
	): void;
}

export interface ReconcileOptions {
	readonly app: App;
	readonly store: Store;
	readonly bundles: Bundles;
	readonly runtime: Runtime;
	readonly logs: FunctionLogs;
	readonly metrics: Pick<Metrics, "started" | "redeployed" | "replaced" | "forget">;
	readonly figures: Pick<Figures, "forget" | "forgetAll">;
	/** Told what happens to the functions. */
	readonly activities: Pick<Activities, "report">;
	readonly identity: MemberIdentity;
	/** Limits the concurrent starts of all apps. */
	readonly starts: Limiter;
	/** Limits the running functions of all apps. */
	readonly capacity: Capacity;
	readonly log: ReconcileLog;
	/** Coordinates several nodes. Undefined with one node. */
	readonly rollouts?: Rollouts | undefined;
	/**
	 * Called when requests to a function of the app go elsewhere than before. Resolves when every gateway does so, and
	 * never rejects.
	 */
	readonly routesChanged: (app: string) => Promise<void>;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** Milliseconds of a monotonic clock, for example `performance.now()`. */
	readonly monotonicMs: () => number;
	readonly schedule: (task: () => void, delayMs: number) => () => void;
}
