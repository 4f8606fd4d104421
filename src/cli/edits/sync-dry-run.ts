/** `coffer sync --dry-run`: lists the requests that a sync would make, with names and without values. */
import type { Binding } from "../../project/files/config.ts";
import { readTargetMemory } from "../../project/memory/target-memory.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { plannedSync } from "../../sync/dry-run.ts";
import { base44Calls } from "../../targets/base44.ts";
import { allowedTarget } from "../../targets/pin.ts";
import { batchesOf, targetDiff } from "../../targets/sync.ts";
import type { Terminal } from "../shell/terminal.ts";
import { listNames } from "../views/edit-result.ts";

/** Stable: other programs rely on it. */
export interface SyncCalls {
	environment: string;
	target: "coffer" | "base44";
	app: string;
	calls: readonly { readonly method: string; readonly url: string; readonly names: readonly string[] }[];
	/** Older than the synced version, or absent from the vault: the sync would leave them alone. */
	pending: readonly string[];
}

/**
 * Lists the requests. @throws AppError as the sync does, except for errors that only the other side reports
 */
export async function syncCalls(
	context: SessionContext,
	binding: Binding,
	takeLocal: (name: string) => boolean,
	terminal: Terminal,
): Promise<SyncCalls> {
	const { environment } = context;
	if (binding.kind === undefined) {
		const { calls, rolledBack, warnings } = await plannedSync(context, binding);
		for (const warning of warnings) terminal.warn(warning);
		return { environment, target: "coffer", app: binding.app, calls, pending: rolledBack };
	}
	const { session } = await readSession(context);
	for (const warning of session.warnings) terminal.warn(warning);
	const id = allowedTarget(session, await readTargetMemory(session.place), binding);
	const diff = await targetDiff(session, binding, { takeLocal });
	const calls = base44Calls(id, {
		list: true,
		set: batchesOf(diff.set).map((batch) => batch.map(({ name }) => name)),
		deleted: [...diff.deleted.map(({ name }) => name), ...diff.dropped],
	});
	return { environment, target: "base44", app: binding.app, calls, pending: diff.rolledBack };
}

/** Describes a request that carries no secret. */
function purpose(target: SyncCalls["target"], method: string): string {
	if (method !== "GET") return "(sends changes of members)";
	return target === "coffer" ? "(reads what others changed)" : "(reads the names at Base44)";
}

export function renderSyncCalls({ calls, pending, target }: SyncCalls, terminal: Terminal): void {
	for (const { method, url, names } of calls)
		terminal.line(`${method} ${url}  ${names.length > 0 ? names.join(" ") : purpose(target, method)}`);
	if (pending.length > 0)
		terminal.line(
			`Left alone, because the vault has older versions or no longer has them: ${listNames(pending)}`,
		);
	terminal.line("Dry run: nothing was sent.");
}
