/** Brings the functions that changes of secrets concern to the present secrets, and leaves the others alone. */
import type { RedeployResult } from "../../protocol/messages.ts";
import { plan, type SecretChange } from "../../references/plan/plan.ts";
import { readsOf } from "../function.ts";
import type { ReconcileOptions } from "./reconcile-options.ts";
import type { FunctionSlot } from "./slot.ts";

/** What a change did to the functions. */
export interface Redeployed {
	readonly results: readonly RedeployResult[];
	readonly untouched: readonly string[];
}

/** Of what a function said when it failed. */
export const ERROR_CHARACTERS_MAX = 32 * 1024;

/**
 * Plans, and refreshes what the plan names.
 * @param slot the place of a function
 * @param onResult called as each function is done
 */
export async function refreshConcerned(
	options: ReconcileOptions,
	slot: (name: string) => FunctionSlot,
	changes: readonly SecretChange[],
	onResult: (result: RedeployResult) => void,
): Promise<Redeployed> {
	const { app, metrics, monotonicMs } = options;
	const functions = [...app.state.functions].map(([name, { deployment }]) => ({
		...readsOf(deployment),
		name,
	}));
	const { redeploy, untouched } = plan({ changes, functions });
	const sinceMs = monotonicMs();
	const results = await Promise.all(
		redeploy.map(async ({ function: name, reasons }) => {
			const { status, error } = await slot(name).refresh();
			const ms = Math.max(0, Math.round(monotonicMs() - sinceMs));
			const cut = error === undefined ? {} : { error: error.slice(0, ERROR_CHARACTERS_MAX) };
			const result: RedeployResult = { function: name, status, ms, ...cut, reasons };
			metrics.redeployed({ app: app.id, function: name }, status);
			onResult(result);
			return result;
		}),
	);
	return { results, untouched };
}
