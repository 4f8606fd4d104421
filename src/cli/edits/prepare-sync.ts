/** What a sync is made of, loaded before it is its turn. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { CONFIG_FILE } from "../../project/files/project-root.ts";

/** Of a sync with a platform, one after the other: each is loaded while something of the write is under way. */
const PLATFORM_PARTS = [
	() => import("../../protocol/messages.ts"),
	() => import("../../sync/client/connection.ts"),
	() => import("../context/linking.ts"),
	() => import("../../sync/changes/sync.ts"),
	() => import("../wait/wait.ts"),
];
const BASE44_PARTS = [() => import("../base44/sync.ts")];

/**
 * Loads what the sync of an environment is made of, where it is linked. What fails here fails again, and is told, at the
 * sync.
 */
export function prepareSync(root: string, environment: string): void {
	if (existsSync(join(root, CONFIG_FILE))) load(root, environment).catch(() => undefined);
}

async function load(root: string, environment: string): Promise<void> {
	await nextTurn();
	const { bindingOf, readConfig } = await import("../../project/files/config.ts");
	const binding = bindingOf(await readConfig(root), environment);
	if (binding === undefined) return;
	for (const part of binding.kind === "base44" ? BASE44_PARTS : PLATFORM_PARTS) {
		await nextTurn();
		await part();
	}
}
