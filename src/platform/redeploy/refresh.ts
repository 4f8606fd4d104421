/** Brings the functions that changes of secrets concern to the present secrets, and leaves the others alone. */
import type { RedeployResult } from "../../protocol/messages.ts";
import { type Plan, plan, type SecretChange } from "../../references/plan/plan.ts";
import { readsOf } from "../functions/function.ts";
import type { FunctionSupervisor } from "./function-supervisor.ts";
import type { ReconcileOptions } from "./reconcile-options.ts";

/** What a change did to the functions. */
export interface Redeployed {
	readonly results: readonly RedeployResult[];
	readonly untouched: readonly string[];
}

/** Of what a function said when it failed. */
export const ERROR_CHARACTERS_MAX = 32 * 1024;

/** The secrets that an operation in the log has set or deleted. */
export function changesOf({ state }: ReconcileOptions["app"], operation: string): readonly SecretChange[] {
	const revision = state.operations.get(operation)?.head.revision ?? 0;
	return state.summaries[revision - 1]?.changed ?? [];
}

/** The functions that an operation in the log concerns and that have not been brought to it yet; sorted. */
export function affectedBy(app: ReconcileOptions["app"], operation: string): string[] {
	if (app.state.operations.get(operation)?.redeployed !== undefined) return [];
	return planFor(app, changesOf(app, operation)).redeploy.map((planned) => planned.function);
}

/** What changes concern of an app's present functions. */
function planFor(app: ReconcileOptions["app"], changes: readonly SecretChange[]): Plan {
	const functions = [...app.state.functions].map(([name, { deployment }]) => ({
		...readsOf(deployment),
		name,
	}));
	return plan({ changes, functions });
}

/**
 * Plans, and refreshes what the plan names.
 * @param supervisor the place of a function
 * @param onResult called as each function is done
 */
export async function refreshAffected(
	options: ReconcileOptions,
	supervisor: (name: string) => FunctionSupervisor,
	changes: readonly SecretChange[],
	onResult: (result: RedeployResult) => void,
): Promise<Redeployed> {
	const { app, metrics, monotonicMs } = options;
	const { redeploy, untouched } = planFor(app, changes);
	const sinceMs = monotonicMs();
	const results = await Promise.all(
		redeploy.map(async ({ function: name, reasons }) => {
			const { status, error, serving } = await supervisor(name).refresh();
			const ms = Math.max(0, Math.round(monotonicMs() - sinceMs));
			const cut = error === undefined ? {} : { error: error.slice(0, ERROR_CHARACTERS_MAX) };
			const kept = serving === undefined ? {} : { serving };
			const result: RedeployResult = { function: name, status, ms, ...kept, ...cut, reasons };
			metrics.redeployed({ app: app.id, function: name }, status);
			onResult(result);
			return result;
		}),
	);
	return { results, untouched };
}
