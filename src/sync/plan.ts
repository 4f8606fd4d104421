/** What a change of secrets would do to the functions of the linked platform, from what it says of them. Nothing is sent. */
import { type Plan, plan, type SecretChange } from "../references/plan/plan.ts";
import type { LinkTarget } from "./client/link-target.ts";

export interface PlannedRedeploy {
	readonly function: string;
	/** Whether it runs; one that does not gets the new values with its next request. */
	readonly state: "live" | "idle" | "failed";
	readonly reasons: Plan["redeploy"][number]["reasons"];
}

/** What a change would come to. */
export interface PlannedChange {
	/** Sorted by function. */
	readonly redeploy: readonly PlannedRedeploy[];
	/** Sorted. */
	readonly untouched: readonly string[];
}

/** Asks the platform for its functions, and plans here. @throws AppError as the connection does (exit 3, 4, 6) */
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
