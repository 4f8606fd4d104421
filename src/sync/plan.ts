/**
 * Predicts how a change of secrets would affect the functions of the linked platform, from the platform's list
 * of functions. Sends nothing.
 */
import { type Plan, plan, type SecretChange } from "../references/plan/plan.ts";
import type { LinkTarget } from "./client/link-target.ts";

export interface PlannedRedeploy {
	readonly function: string;
	/** A function that does not run gets the new values with its next request. */
	readonly state: "live" | "idle" | "failed";
	readonly reasons: Plan["redeploy"][number]["reasons"];
}

/** The effects of a change. */
export interface PlannedChange {
	/** Sorted by function. */
	readonly redeploy: readonly PlannedRedeploy[];
	/** Sorted. */
	readonly untouched: readonly string[];
}

/**
 * Asks the platform for its functions, and plans on this machine. @throws AppError as the connection does (exit
 * 3, 4, 6)
 */
export async function planChange(
	target: LinkTarget,
	changes: readonly SecretChange[],
): Promise<PlannedChange> {
	const { functions } = await target.remote.listFunctions(target.binding.app);
	const states = new Map(functions.map(({ name, state }) => [name, state]));
	const { redeploy, untouched } = plan({ changes, functions });
	return {
		redeploy: redeploy.map((planned) => ({ ...planned, state: states.get(planned.function) ?? "failed" })),
		untouched,
	};
}
