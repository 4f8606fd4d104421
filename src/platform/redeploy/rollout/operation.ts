/** Rolls out one change of secrets, and records the results in the app's log of events. */
import type { RedeployResult } from "../../../protocol/messages.ts";
import type { FunctionSupervisor } from "../function-supervisor.ts";
import type { ReconcileOptions } from "../reconcile-options.ts";
import { affectedBy, changesOf, type Redeployed, refreshAffected } from "../refresh.ts";
import type { AppRollout } from "./app-rollout.ts";

/**
 * Restarts the functions that an operation affects. With several nodes, one of them does so.
 * @param onResult called when each function is redeployed, here or on another node
 */
export async function rollOut(
	options: ReconcileOptions,
	rollout: AppRollout,
	operation: string,
	supervisor: (name: string) => FunctionSupervisor,
	onResult: (result: RedeployResult) => void,
): Promise<Redeployed> {
	const { app, now } = options;
	const known = () => app.state.operations.get(operation)?.redeployed;
	let isOwn = false;
	const refresh = async () => {
		isOwn = true;
		const changes = changesOf(app, operation);
		const { cutOff, results, untouched } = await refreshAffected(options, supervisor, changes, onResult);
		// Another node tries again. With one node, the result is final.
		if (cutOff !== undefined && options.rollouts !== undefined) throw cutOff;
		for (const { function: name, status } of results)
			if (status === "live") await release(options, operation, supervisor(name));
		const lists = { results: [...results], untouched: [...untouched] };
		const atMs = now();
		// Recorded even if no function is affected, so that a repeated call finds these results.
		await app.record(() =>
			known() === undefined ? { type: "redeployed", operation, ...lists, atMs } : undefined,
		);
	};
	await rollout.exclusively(
		() => known() !== undefined,
		() => rollout.trying(affectedBy(app, operation), refresh),
	);
	const redeployed = known() ?? { results: [], untouched: [] };
	if (!isOwn) for (const result of redeployed.results) onResult(result);
	return redeployed;
}

/**
 * A function is tried with the newest values. If these are of a later change, the values of that change are released, and
 * not those of the operation, with which the function may not start.
 */
async function release(
	{ app, now }: ReconcileOptions,
	operation: string,
	{ current }: FunctionSupervisor,
): Promise<void> {
	const { deployment, values } = current ?? {};
	const tried = app.state.operations.get(operation)?.head.revision ?? 0;
	if (deployment === undefined || values === undefined || values.revision <= tried) return;
	const event = { type: "tried", function: deployment.function, deployment: deployment.id } as const;
	await app.record(() => ({ ...event, values: values.revision, atMs: now() }));
}
