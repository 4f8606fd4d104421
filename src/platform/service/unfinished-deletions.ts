/** Removes the data that interrupted deletions of apps and functions left. Runs when a platform starts. */
import type { Apps } from "../apps/apps.ts";
import type { KvStores } from "../kv/kv-stores.ts";
import type { FunctionLogs, KeptLog } from "../logs/function-logs.ts";
import { usedBlobs } from "../redeploy/unused-blobs.ts";
import type { Store } from "../store/store.ts";
import type { Figures } from "../telemetry/figures/figures.ts";

/**
 * Removes all blobs, logs and figures except those of current functions, and the stores of apps that do not exist. Files that an
 * earlier version or a backup stored under names are moved to their current paths.
 * @param keepsBlobs whether blobs stay, because other nodes may be storing some
 */
export async function removeLeftovers(
	apps: Apps,
	{
		figures,
		kv,
		logs,
		store,
	}: {
		readonly figures: Pick<Figures, "keepOnly">;
		readonly kv: Pick<KvStores, "keepOnly">;
		readonly logs: Pick<FunctionLogs, "keepOnly">;
		readonly store: Pick<Store, "keepOnlyBlobs">;
	},
	keepsBlobs = false,
): Promise<void> {
	const all = apps.list();
	await kv.keepOnly(all.map((app) => app.lifetimeId));
	if (!keepsBlobs) await store.keepOnlyBlobs(new Map(all.map((app) => [app.lifetimeId, usedBlobs(app)])));
	const kept = all.flatMap((app): KeptLog[] =>
		[...app.state.functions].map(([name, { firstDeployment }]) => ({
			app: app.lifetimeId,
			function: firstDeployment,
			earlier: app.isEarlier ? { app: app.id, function: name } : undefined,
		})),
	);
	await logs.keepOnly(kept);
	await figures.keepOnly(kept);
}
