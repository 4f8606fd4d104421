/** Sends an environment's secrets to a target. Sends only records that differ from those that were sent before. */
import type { TargetBinding } from "../project/files/config.ts";
import {
	readTargetMemory,
	type SentMark,
	sentMark,
	type TargetId,
	type TargetMemory,
	targetKey,
	updateTargetMemory,
	whileSending,
} from "../project/memory/target-memory.ts";
import { openEnvironment } from "../project/session/open-session.ts";
import type { SessionContext, VaultSession } from "../project/session/session.ts";
import type { SealedRecord } from "../vault/records/record.ts";
import { checkSecretName } from "../vault/syntax/secret-name.ts";
import { diffTarget, pendingOf, type TargetDiff, type TargetSides } from "./diff.ts";
import { boundId, type LinkedTarget } from "./linked.ts";
import { allowedTarget } from "./pin.ts";
import type { SecretTarget } from "./target.ts";

/**
 * The most per request: names, and characters of sealed records. Each successful request is remembered, even if
 * a later one fails.
 */
const BATCH = { names: 100, characters: 512 * 1024 } as const;

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

/** The marks of the records that were sent to a target; `firstMarks` if nothing was sent to it yet. */
export function marksFor(
	memory: TargetMemory,
	id: TargetId,
	records: ReadonlyMap<string, SealedRecord>,
): Map<string, SentMark> {
	return memory.sent.get(targetKey(id)) ?? firstMarks(records);
}

/**
 * Names that were deleted before this device first sent anything are not deleted at the target: such a value
 * was set there by somebody else, and could not be restored.
 */
function firstMarks(records: ReadonlyMap<string, SealedRecord>): Map<string, SentMark> {
	const tombstones = [...records.values()].filter(({ kind }) => kind === "deleted");
	return new Map(tombstones.map((record) => [record.name, sentMark(record)]));
}

/** Groups records into requests. */
export function batchesOf(records: readonly SealedRecord[]): SealedRecord[][] {
	const batches: SealedRecord[][] = [];
	let characters = 0;
	for (const record of records) {
		const last = batches.at(-1);
		characters += record.sealed.length;
		if (last && last.length < BATCH.names && characters <= BATCH.characters) last.push(record);
		else {
			batches.push([record]);
			characters = record.sealed.length;
		}
	}
	return batches;
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

/** Sends a diff, and remembers each request after it has succeeded. */
class Sending {
	readonly sent: string[] = [];
	readonly deleted: string[] = [];
	readonly #session: VaultSession;
	readonly #target: SecretTarget;

	constructor(session: VaultSession, target: SecretTarget) {
		this.#session = session;
		this.#target = target;
	}

	async run(diff: TargetDiff): Promise<void> {
		for (const record of diff.set) checkSecretName(record.name);
		for (const batch of batchesOf(diff.set)) {
			await this.#target.set(this.#valuesOf(batch));
			await this.#note((marks) => {
				for (const record of batch) marks.set(record.name, sentMark(record));
			});
			this.sent.push(...batch.map(({ name }) => name));
		}
		for (const record of diff.deleted) {
			this.#session.trust(record);
			await this.#target.delete(record.name);
			await this.#note((marks) => marks.set(record.name, sentMark(record)));
			this.deleted.push(record.name);
		}
		for (const name of diff.dropped) {
			await this.#target.delete(name);
			await this.#note((marks) => marks.delete(name));
			this.deleted.push(name);
		}
	}

	#valuesOf(batch: readonly SealedRecord[]): Map<string, string> {
		const values = new Map<string, string>();
		for (const record of batch) {
			const value = this.#session.open(record);
			if (value !== undefined) values.set(record.name, value);
		}
		return values;
	}

	async #note(change: (marks: Map<string, SentMark>) => void): Promise<void> {
		const { place, verified } = this.#session;
		await updateTargetMemory(place, (memory) => {
			const marks = marksFor(memory, this.#target.id, verified.section.records);
			change(marks);
			memory.sent.set(targetKey(this.#target.id), marks);
		});
	}
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
		const sending = new Sending(session, target);
		await sending.run(diff);
		await session.remember(session.loaded);
		const { missing, rolledBack, foreign } = diff;
		const { sent, deleted } = sending;
		const { warnings } = session;
		return { sent, deleted: deleted.sort(), missing, rolledBack, foreign, warnings };
	});
}
