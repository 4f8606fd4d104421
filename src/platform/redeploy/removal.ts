/** What is kept for functions outside the streams, and goes with them. */
import type { App } from "../apps/app.ts";
import type { FunctionLife } from "../functions/lives.ts";
import type { ReconcileOptions } from "./reconcile-options.ts";

type Keepers = Pick<ReconcileOptions, "logs" | "metrics" | "runtime" | "store">;

/** Removes what functions that were deleted, and stopped, wrote and stored. */
export async function removeKept(
	{ logs, runtime }: Pick<Keepers, "logs" | "runtime">,
	lives: readonly FunctionLife[],
): Promise<void> {
	await allOf(lives.flatMap((life) => [logs.forget(life.app, life.function), runtime.forget(life)]));
}

/** Removes everything that is kept for an app that was deleted, and whose functions were stopped. */
export async function removeAllKept(keepers: Keepers, app: App): Promise<void> {
	const { logs, metrics, runtime, store } = keepers;
	await allOf([logs.forgetAll(app.life), runtime.forget({ app: app.life }), store.dropBlobs(app.life)]);
	for (const name of app.state.functions.keys()) metrics.forget({ app: app.id, function: name });
}

/** Waits for all, whatever becomes of one: nothing may go on that is taken for over. @throws the first one's error */
async function allOf(removals: readonly Promise<void>[]): Promise<void> {
	const results = await Promise.allSettled(removals);
	for (const result of results) if (result.status === "rejected") throw result.reason;
}
