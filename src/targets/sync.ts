/** Sends an environment's secrets to a target. Sends only records that differ from those that were sent before. */
import type { TargetBinding } from "../project/files/config.ts";
import {
	readTargetMemory,
	type TargetId,
	targetKey,
	updateTargetMemory,
	whileSending,
} from "../project/memory/target-memory.ts";
import { openEnvironment } from "../project/session/open-session.ts";
import type { SessionContext, VaultSession } from "../project/session/session.ts";
import { diffTarget, pendingOf, type TargetDiff, type TargetSides } from "./diff.ts";
import { boundId, type LinkedTarget } from "./linked.ts";
import { marksFor } from "./marks.ts";
import { allowedTarget } from "./pin.ts";
import { Sending } from "./sending.ts";
import type { SecretTarget } from "./target.ts";

export interface TargetSyncOptions {
	/** Whether to ask first which names the target has. */
	readonly list: boolean;
	/** The names at the target, if the caller knows them. */
	readonly names?: readonly string[] | undefined;
	/** Whether to send a local record although it is older than the one that was sent before. */
	readonly takeLocal?: ((name: string) => boolean) | undefined;
}

/** All names are sorted. */
export interface TargetOutcome {
	readonly sent: readonly string[];
	readonly deleted: readonly string[];
	/** The names in `sent` that were sent before and were missing at the target. */
	readonly missing: readonly string[];
	readonly rolledBack: readonly string[];
	/** Names at the target that are unknown here; empty if they were not listed. */
	readonly foreign: readonly string[];
	readonly warnings: readonly string[];
}

/**
 * Remembers that this device sends an environment to this target, and to no other. @throws AppError exit 1;
 * exit 7 for an invalid record
 */
export async function pinTarget(session: VaultSession, id: TargetId): Promise<void> {
	const { records } = session.verified.section;
	for (const record of records.values()) if (record.kind === "deleted") session.trust(record);
	await updateTargetMemory(session.place, (memory) => {
		memory.pin = id;
		memory.sent.set(targetKey(id), marksFor(memory, id, records));
	});
}

/**
 * Forgets a target: the pin, and the records that were sent. @returns the names that were sent and are still at the
 * target, sorted
 */
export async function forgetTarget(session: VaultSession, binding: TargetBinding): Promise<string[]> {
	const names: string[] = [];
	await updateTargetMemory(session.place, (memory) => {
		const key = targetKey(boundId(binding));
		for (const [name, { kind }] of memory.sent.get(key) ?? []) if (kind === "live") names.push(name);
		memory.sent.delete(key);
		memory.pin = undefined;
	});
	return names.sort();
}

/**
 * The pending changes. Makes no request. @param asked the names at the target and the user's decision, if known @throws
 * AppError `STATE_DAMAGED` (exit 7)
 */
export async function targetDiff(
	session: VaultSession,
	binding: TargetBinding,
	asked: Pick<TargetSides, "names" | "takeLocal"> = {},
): Promise<TargetDiff> {
	const memory = await readTargetMemory(session.place);
	const { records } = session.verified.section;
	const id = boundId(binding);
	return diffTarget({ records, marks: marksFor(memory, id, records), ...asked });
}

/** The names that a sync would change, or that need a decision; sorted. @throws AppError as `targetDiff` */
export async function pendingAtTarget(session: VaultSession, binding: TargetBinding): Promise<string[]> {
	return pendingOf(await targetDiff(session, binding));
}

/**
 * Sends the pending changes.
 * @param connect connects to the target, after the check that this device may send to it
 * @throws AppError as `allowedTarget`, `openSession` and the target. What was sent before the error is
 *   remembered
 */
export async function syncTarget(
	context: SessionContext,
	linked: LinkedTarget,
	connect: (id: TargetId) => Promise<SecretTarget>,
	{ list, names: known, takeLocal }: TargetSyncOptions,
): Promise<TargetOutcome> {
	const { environment, identity, member, stateFolder } = context;
	const place = {
		folder: stateFolder,
		vaultId: linked.binding.vault,
		environment,
		member,
		stateKey: identity.stateKey,
	};
	return whileSending(place, async () => {
		// Another process may have written and sent records while this one waited for the lock.
		const session = await openEnvironment(context);
		const memory = await readTargetMemory(session.place);
		const id = allowedTarget(session, memory, linked);
		const target = await connect(id);
		const names = known ?? (list ? await target.list() : undefined);
		const { records } = session.verified.section;
		const diff = diffTarget({ records, marks: marksFor(memory, id, records), names, takeLocal });
		await session.expectAll();
		if (!memory.pin || !memory.sent.has(targetKey(id))) await pinTarget(session, id);
		const sending = new Sending(session, linked.kind, target);
		await sending.run(diff);
		await session.remember(session.loaded);
		const { missing, rolledBack, foreign } = diff;
		const { sent, deleted } = sending;
		const { warnings } = session;
		return { sent, deleted: deleted.sort(), missing, rolledBack, foreign, warnings };
	});
}
