/** What a sync is made of, loaded before it is its turn. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CONFIG_FILE } from "../project/root.ts";

/** Loads what a sync is made of, where there is anything to sync with. What fails here fails again, and is told, at the sync. */
export function prepareSync(root: string): void {
	if (!existsSync(join(root, CONFIG_FILE))) return;
	const parts = [
		() => import("../project/config.ts"),
		() => import("../protocol/messages.ts"),
		() => import("../sync/connection.ts"),
		() => import("./linking.ts"),
		() => import("../sync/sync.ts"),
	];
	// One after the other, each while something of the write is under way.
	const loadNext = () => {
		const load = parts.shift();
		if (load !== undefined)
			load().then(
				() => setImmediate(loadNext),
				() => undefined,
			);
	};
	setImmediate(loadNext);
}
