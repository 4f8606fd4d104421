/** What is kept for functions outside the streams, and goes with them. */
import type { App } from "../apps/app.ts";
import type { FunctionLifetime } from "../functions/lifetimes.ts";
import type { ReconcileOptions } from "./reconcile-options.ts";

type DataStores = Pick<ReconcileOptions, "logs" | "metrics" | "runtime" | "store">;

/** Removes what functions that were deleted, and stopped, wrote and stored. */
export async function removeFunctionData(
	{ logs, runtime }: Pick<DataStores, "logs" | "runtime">,
	lifetimes: readonly FunctionLifetime[],
): Promise<void> {
	await allOf(
		lifetimes.flatMap((lifetime) => [logs.forget(lifetime.app, lifetime.function), runtime.forget(lifetime)]),
	);
}

/** Removes everything that is kept for an app that was deleted, and whose functions were stopped. */
export async function removeAppData(keepers: DataStores, app: App): Promise<void> {
	const { logs, metrics, runtime, store } = keepers;
	await allOf([
		logs.forgetAll(app.lifetimeId),
		runtime.forget({ app: app.lifetimeId }),
		store.dropBlobs(app.lifetimeId),
	]);
	for (const name of app.state.functions.keys()) metrics.forget({ app: app.id, function: name });
}

/** Waits for all, whatever becomes of one: nothing may go on that is taken for over. @throws the first one's error */
async function allOf(removals: readonly Promise<void>[]): Promise<void> {
	const results = await Promise.allSettled(removals);
	for (const result of results) if (result.status === "rejected") throw result.reason;
}
