/** Removes the data of deleted functions and apps that is stored outside of the streams. */
import type { App } from "../apps/app.ts";
import type { FunctionLifetime } from "../functions/lifetimes.ts";
import type { KvStores } from "../kv/kv-stores.ts";
import type { ReconcileOptions } from "./reconcile-options.ts";

type DataStores = Pick<ReconcileOptions, "figures" | "logs" | "metrics" | "runtime" | "store"> & {
	readonly kv: Pick<KvStores, "drop">;
};

/** Removes the logs, figures and stored files of functions that are deleted and stopped. */
export async function removeFunctionData(
	{ figures, logs, runtime }: Pick<DataStores, "figures" | "logs" | "runtime">,
	lifetimes: readonly FunctionLifetime[],
): Promise<void> {
	await allOf(
		lifetimes.flatMap((lifetime) => [
			logs.forget(lifetime.app, lifetime.function),
			figures.forget(lifetime),
			runtime.forget(lifetime),
		]),
	);
}

/** Removes all data of a deleted app whose functions are stopped. */
export async function removeAppData(stores: DataStores, app: App): Promise<void> {
	const { figures, kv, logs, metrics, runtime, store } = stores;
	await allOf([
		logs.forgetAll(app.lifetimeId),
		figures.forgetAll(app.lifetimeId),
		runtime.forget({ app: app.lifetimeId }),
		store.dropBlobs(app.lifetimeId),
		kv.drop(app.lifetimeId),
	]);
	for (const name of app.state.functions.keys()) metrics.forget({ app: app.id, function: name });
}

/** Waits for all removals even if one fails, so that none is still running afterwards. @throws the first error */
async function allOf(removals: readonly Promise<void>[]): Promise<void> {
	const results = await Promise.allSettled(removals);
	for (const result of results) if (result.status === "rejected") throw result.reason;
}
