/** Restarts the functions that are affected by changes of secrets, and no others. */
import type { AppError } from "../../errors.ts";
import type { RedeployResult } from "../../protocol/messages.ts";
import { type Plan, plan, type SecretChange } from "../../references/plan/plan.ts";
import { readsOf } from "../functions/function.ts";
import type { FunctionSupervisor } from "./function-supervisor.ts";
import type { ReconcileOptions } from "./reconcile-options.ts";
import { isCutOff } from "./starts/start-failure.ts";

/** The effect of a change on an app's functions. */
export interface Redeployed {
	readonly results: readonly RedeployResult[];
	readonly untouched: readonly string[];
}

export interface Refreshed extends Redeployed {
	/** A function could not be tried because this node does not reach the store. Undefined: all were tried. */
	readonly cutOff: AppError | undefined;
}

/** The maximum length of a function's error message. */
export const ERROR_CHARACTERS_MAX = 32 * 1024;

/** The secrets that an operation in the log has set or deleted. */
export function changesOf({ state }: ReconcileOptions["app"], operation: string): readonly SecretChange[] {
	const revision = state.operations.get(operation)?.head.revision ?? 0;
	return state.summaries[revision - 1]?.changed ?? [];
}

/** The functions that an operation in the log affects and that are not redeployed yet, sorted. */
export function affectedBy(app: ReconcileOptions["app"], operation: string): string[] {
	if (app.state.operations.get(operation)?.redeployed !== undefined) return [];
	return planFor(app, changesOf(app, operation)).redeploy.map((planned) => planned.function);
}

/** Tells those who watch the app that an entry of its log changed secrets, and which functions read them. */
export function reportChange({ activities, app }: ReconcileOptions, revision: number): void {
	const changes = app.state.summaries[revision - 1]?.changed ?? [];
	if (changes.length === 0) return;
	const planned = planFor(app, changes).redeploy.map((each) => each.function);
	activities.report(app.id, { type: "change", revision, names: changes.map(({ name }) => name), planned });
}

/** The plan for changes of secrets and an app's current functions. */
function planFor(app: ReconcileOptions["app"], changes: readonly SecretChange[]): Plan {
	const functions = [...app.state.functions].map(([name, { deployment }]) => ({
		...readsOf(deployment),
		name,
	}));
	return plan({ changes, functions });
}

/**
 * Makes a plan and refreshes the functions in it.
 * @param supervisor returns the supervisor of a function
 * @param onResult called when each function is redeployed
 */
export async function refreshAffected(
	options: ReconcileOptions,
	supervisor: (name: string) => FunctionSupervisor,
	changes: readonly SecretChange[],
	onResult: (result: RedeployResult) => void,
): Promise<Refreshed> {
	const { activities, app, metrics, monotonicMs } = options;
	const { redeploy, untouched } = planFor(app, changes);
	const sinceMs = monotonicMs();
	let cutOff: AppError | undefined;
	const results = await Promise.all(
		redeploy.map(async ({ function: name, reasons }) => {
			const { error, notAttempted, serving, status } = await supervisor(name).refresh();
			if (isCutOff(notAttempted)) cutOff = notAttempted;
			const ms = Math.max(0, Math.round(monotonicMs() - sinceMs));
			const errorPart = error === undefined ? {} : { error: error.slice(0, ERROR_CHARACTERS_MAX) };
			const servingPart = serving === undefined ? {} : { serving };
			const result: RedeployResult = { function: name, status, ms, ...servingPart, ...errorPart, reasons };
			metrics.redeployed({ app: app.id, function: name }, status);
			// Nothing else happens to it for this change until its next request.
			if (status === "idle")
				activities.report(app.id, { type: "function", function: name, phase: "stopped" });
			onResult(result);
			return result;
		}),
	);
	return { results, untouched, cutOff };
}
