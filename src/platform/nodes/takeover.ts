/** Finishes rollouts whose node has died. */
import type { App } from "../apps/app.ts";
import type { Apps } from "../apps/apps.ts";
import { describeError, type Log } from "../faults/log.ts";
import type { AppFunctions } from "../redeploy/reconcile.ts";

/** How long the node that accepted a change may take to begin its rollout. */
const PATIENCE_MS = 3_000;

export interface TakeoverOptions {
	readonly apps: Apps;
	readonly functionsOf: (app: App) => AppFunctions;
	readonly monotonicMs: () => number;
	readonly log: Log;
}

export class Takeover {
	readonly #options: TakeoverOptions;
	/** When this node first saw each operation that is not rolled out. */
	#since = new Map<string, number>();

	constructor(options: TakeoverOptions) {
		this.#options = options;
	}

	/** Rolls out operations that have waited too long, unless another node does so. */
	async look(): Promise<void> {
		const { apps, functionsOf, monotonicMs } = this.#options;
		const nowMs = monotonicMs();
		const since = new Map<string, number>();
		for (const app of apps.list()) {
			for (const operation of app.state.unfinished) {
				const sinceMs = this.#since.get(operation) ?? nowMs;
				since.set(operation, sinceMs);
				if (nowMs - sinceMs >= PATIENCE_MS) void this.#rollOut(app, operation);
			}
			// The node that tried a function may have died.
			if ([...app.state.functions.keys()].some((name) => app.state.isTrialDue(name)))
				void functionsOf(app)
					.follow()
					.catch(() => undefined);
		}
		this.#since = since;
	}

	async #rollOut(app: App, operation: string): Promise<void> {
		const { functionsOf, log } = this.#options;
		try {
			await functionsOf(app).redeploy(operation, () => undefined);
		} catch (error) {
			if (app.retired.aborted) return;
			log.warn({ app: app.id, ...describeError(error) }, "a change could not be rolled out");
		}
	}
}
