/** What is left of apps and functions whose deletion did not come to its end, removed when a platform starts. */
import type { Apps } from "../apps/apps.ts";
import type { FunctionLogs, KeptLog } from "../logs/function-logs.ts";
import { usedBlobs } from "../redeploy/unused-blobs.ts";
import type { Store } from "../store/store.ts";

/**
 * Keeps the blobs and the logs of the functions that there are, and removes all others; files that an earlier version
 * or a backup left under names get their places.
 */
export async function keepPresent(
	apps: Apps,
	store: Pick<Store, "keepBlobs">,
	logs: Pick<FunctionLogs, "keep">,
): Promise<void> {
	const all = apps.list();
	await store.keepBlobs(new Map(all.map((app) => [app.lifetimeId, usedBlobs(app)])));
	const kept = all.flatMap((app): KeptLog[] =>
		[...app.state.functions].map(([name, { firstDeployment }]) => ({
			app: app.lifetimeId,
			function: firstDeployment,
			earlier: app.isEarlier ? { app: app.id, function: name } : undefined,
		})),
	);
	await logs.keep(kept);
}
