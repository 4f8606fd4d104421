/** Loads the code of a sync while the edit before it runs, to save time. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { CONFIG_FILE } from "../../project/files/project-root.ts";

/**
 * The modules of a sync with a platform. They are loaded one at a time, so that each fits into a pause of the
 * write.
 */
const PLATFORM_PARTS = [
	() => import("../../protocol/messages.ts"),
	() => import("../../sync/client/connection.ts"),
	() => import("../context/linking.ts"),
	() => import("../../sync/changes/sync.ts"),
	() => import("../wait/wait.ts"),
];
const TARGET_PARTS = [() => import("../targets/sync.ts")];

/** Loads the code for the sync of an environment, if it is linked. The sync itself reports any failure. */
export function prepareSync(root: string, environment: string): void {
	if (existsSync(join(root, CONFIG_FILE))) load(root, environment).catch(() => undefined);
}

async function load(root: string, environment: string): Promise<void> {
	await nextTurn();
	const { bindingOf, isTargetBinding, readConfig } = await import("../../project/files/config.ts");
	const binding = bindingOf(await readConfig(root), environment);
	if (binding === undefined) return;
	for (const part of isTargetBinding(binding) ? TARGET_PARTS : PLATFORM_PARTS) {
		await nextTurn();
		await part();
	}
}
