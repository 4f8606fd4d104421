/**
 * Which requests are logged. A flood of requests to one function would take much of the gateway's time for a log that
 * holds a few seconds of it. So each function has a budget for each second, and the requests beyond it are counted.
 */
import type { RequestedFunction } from "../answered-request.ts";
import { ByFunction } from "./by-function.ts";

/** The most requests of a function that are logged in a second, of those that succeed and of those that fail. */
export const LOGGED_PER_SECOND_MAX = 1_000;
/** The interval at which the number of requests that were not logged is reported. */
const REPORT_MS = 10_000;
const SECOND_MS = 1_000;

interface Budget {
	readonly requested: RequestedFunction;
	secondStartMs: number;
	succeeded: number;
	failed: number;
	missing: number;
}

export class LoggingBudget {
	readonly #onMissing: (requested: RequestedFunction, count: number) => void;
	/** By function, of the functions that had requests since the last report. */
	#budgets = new ByFunction<Budget>();
	#timer: NodeJS.Timeout | undefined;

	/** @param onMissing called with the number of requests to a function that were not logged. It never throws */
	constructor(onMissing: (requested: RequestedFunction, count: number) => void) {
		this.#onMissing = onMissing;
	}

	/**
	 * Takes a request from the budget of its function.
	 * @param nowMs of a clock that never goes back
	 * @returns whether the request is logged
	 */
	take(requested: RequestedFunction, hasFailed: boolean, nowMs: number): boolean {
		const budget = this.#budgetOf(requested, nowMs);
		if (nowMs - budget.secondStartMs >= SECOND_MS) {
			budget.secondStartMs = nowMs;
			budget.succeeded = 0;
			budget.failed = 0;
		}
		const logged = hasFailed ? ++budget.failed : ++budget.succeeded;
		if (logged <= LOGGED_PER_SECOND_MAX) return true;
		budget.missing++;
		return false;
	}

	#budgetOf(requested: RequestedFunction, nowMs: number): Budget {
		const { app, function: name } = requested;
		const known = this.#budgets.get(app, name);
		if (known !== undefined && known.requested.firstDeployment === requested.firstDeployment) return known;
		if (known !== undefined) this.#report(known);
		const budget = { requested, secondStartMs: nowMs, succeeded: 0, failed: 0, missing: 0 };
		this.#budgets.set(app, name, budget);
		this.#timer ??= setTimeout(() => this.flush(), REPORT_MS).unref();
		return budget;
	}

	#report({ missing, requested }: Budget): void {
		if (missing > 0) this.#onMissing(requested, missing);
	}

	/** Reports the requests that were not logged. */
	flush(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		const budgets = this.#budgets;
		this.#budgets = new ByFunction();
		for (const budget of budgets.values()) this.#report(budget);
	}
}
