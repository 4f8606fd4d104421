/** `coffer sync --dry-run`: lists the requests that a sync would make, with names and without values. */
import { type Binding, isTargetBinding } from "../../project/files/config.ts";
import { readTargetMemory } from "../../project/memory/target-memory.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { plannedSync } from "../../sync/dry-run.ts";
import { deletionBatches, setBatches } from "../../targets/batches.ts";
import { loadedKind } from "../../targets/kinds.ts";
import { linkedTarget } from "../../targets/linked.ts";
import { allowedTarget } from "../../targets/pin.ts";
import { requireStorable } from "../../targets/sending.ts";
import { targetDiff } from "../../targets/sync.ts";
import type { Terminal } from "../shell/terminal.ts";
import { listNames } from "../views/edit-result.ts";

/** Stable: other programs rely on it. */
export interface SyncCalls {
	environment: string;
	/** `coffer` for a platform, or the name of the kind of target. */
	target: string;
	app: string;
	calls: readonly {
		readonly method: string;
		readonly url: string;
		readonly names: readonly string[];
		/** What a request without names reads, if that is not the list of names. */
		readonly reads?: string;
	}[];
	/** Names whose record is older than the synced version, or missing in the vault: the sync would not change them. */
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
	if (!isTargetBinding(binding)) {
		const { calls, rolledBack, warnings } = await plannedSync(context, binding);
		for (const warning of warnings) terminal.warn(warning);
		return { environment, target: "coffer", app: binding.app, calls, pending: rolledBack };
	}
	const { session } = await readSession(context);
	for (const warning of session.warnings) terminal.warn(warning);
	const linked = await linkedTarget(context, binding);
	const id = allowedTarget(session, await readTargetMemory(session.place), linked);
	const diff = await targetDiff(session, binding, { takeLocal });
	requireStorable(session, linked.kind, diff.set);
	const calls = linked.kind.calls(id, {
		list: true,
		set: setBatches(diff.set, linked.kind.batch.set).map((batch) => batch.map(({ name }) => name)),
		deleted: deletionBatches(linked.kind, [...diff.deleted.map(({ name }) => name), ...diff.dropped]),
	});
	return { environment, target: binding.kind, app: binding.app, calls, pending: diff.rolledBack };
}

/** Describes a request that carries no secret. */
function purpose(target: SyncCalls["target"], method: string, reads = "the names"): string {
	if (method !== "GET") return "(sends changes of members)";
	if (target === "coffer") return "(reads the changes of others)";
	return `(reads ${reads} at ${loadedKind(target).title})`;
}

export function renderSyncCalls({ calls, pending, target }: SyncCalls, terminal: Terminal): void {
	for (const { method, names, reads, url } of calls)
		terminal.line(`${method} ${url}  ${names.length > 0 ? names.join(" ") : purpose(target, method, reads)}`);
	if (pending.length > 0)
		terminal.line(
			`Not sent, because the vault has older versions or no longer has them: ${listNames(pending)}`,
		);
	terminal.line("Dry run: nothing was sent.");
}
