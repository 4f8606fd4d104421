/**
 * What a device remembers of the places that it sends an environment's secrets to and that tell no values: which place
 * `link` was told of, and which record was last sent under each name. Never a value. All working copies of a vault on
 * this device share it, since they send to the same place: `VAULT-ID/ENVIRONMENT/targets-MEMBER.json` beside the marks.
 */
import { dirname, join } from "node:path";
import { epochNumber } from "../../vault/chains/membership.ts";
import { type RecordKind, recordDigest, type SealedRecord } from "../../vault/records/record.ts";
import { removeLeftovers } from "../files/atomic-file.ts";
import { withLock } from "../files/vault-lock.ts";
import type { MemoryPlace } from "./device-state.ts";
import { makeStateFolder, readSignedJson, type SignedFile, writeSignedJson } from "./signed-json.ts";

/** Which place: what serves there, its origin, and the app. */
export interface TargetId {
	readonly kind: "base44";
	readonly origin: string;
	readonly app: string;
}

/** The record that was last sent under a name. */
export interface SentMark {
	readonly version: number;
	/** Of a tombstone, that the name was deleted there. */
	readonly kind: RecordKind;
	readonly digest: string;
	/** Number of the epoch that sealed it: a later one at the same version is the same value, sealed anew. */
	readonly epoch: number;
}

export type SentMarks = ReadonlyMap<string, SentMark>;

export interface TargetMemory {
	/** The one place that values may go to; undefined where this device has linked none. */
	pin: TargetId | undefined;
	/** What was sent, by place. */
	readonly sent: Map<string, Map<string, SentMark>>;
}

/** Whose memory, of what; of no one working copy. */
export type TargetPlace = Omit<MemoryPlace, "root">;

/** A place as a key: its parts hold no blank. */
export function targetKey({ kind, origin, app }: TargetId): string {
	return `${kind} ${origin} ${app}`;
}

/** What is to be remembered of a record once it was sent. */
export function sentMark(record: SealedRecord): SentMark {
	const { version, kind } = record;
	return { version, kind, digest: recordDigest(record), epoch: epochNumber(record.epoch) ?? 0 };
}

function fileOf({ folder, vaultId, environment, member }: TargetPlace): SignedFile {
	return { folder, name: `${vaultId}/${environment}/targets-${member}.json` };
}

/** Rows, since a name must never be a key of a plain object. */
type SentRow = [name: string, version: number, kind: RecordKind, digest: string, epoch: number];
type TargetRow = [key: string, ...rows: SentRow[]];

/** Reads what is remembered. @throws AppError `STATE_DAMAGED` (exit 7) */
export async function readTargetMemory(place: TargetPlace): Promise<TargetMemory> {
	const value = await readSignedJson(fileOf(place), place.stateKey);
	if (!value) return { pin: undefined, sent: new Map() };
	// The MAC says that this program wrote it; its shape is known.
	const { pin, sent } = value as { pin?: TargetId; sent: TargetRow[] };
	const marksOf = (rows: readonly SentRow[]) =>
		new Map(
			rows.map(([name, version, kind, digest, epoch]): [string, SentMark] => [
				name,
				{ version, kind, digest, epoch },
			]),
		);
	return { pin, sent: new Map(sent.map(([key, ...rows]) => [key, marksOf(rows)])) };
}

/**
 * Changes what is remembered, as it is by now.
 * @param change edits it in place
 * @throws AppError `STATE_DAMAGED` (exit 7), `VAULT_LOCKED`, `VAULT_LOCK_FAILED`, `FILE_UNWRITABLE` (exit 1)
 */
export async function updateTargetMemory(
	place: TargetPlace,
	change: (memory: TargetMemory) => void,
): Promise<TargetMemory> {
	const file = fileOf(place);
	const path = join(file.folder, file.name);
	await makeStateFolder(dirname(path));
	return await withLock(join(dirname(path), "targets.lock"), async () => {
		const memory = await readTargetMemory(place);
		change(memory);
		await removeLeftovers(path);
		const sent = [...memory.sent].map(([key, marks]): TargetRow => {
			const rows = [...marks].map(
				([name, { version, kind, digest, epoch }]): SentRow => [name, version, kind, digest, epoch],
			);
			return [key, ...rows];
		});
		await writeSignedJson(file, place.stateKey, { pin: memory.pin, sent });
		return memory;
	});
}

/**
 * Runs work that sends to a place while no other process of this device does: of two that overlap, the older value must
 * not arrive last.
 */
export async function whileSending<T>(place: TargetPlace, work: () => Promise<T>): Promise<T> {
	const folder = join(place.folder, place.vaultId, place.environment);
	await makeStateFolder(folder);
	return await withLock(join(folder, "sending.lock"), work);
}

/** Adds what one identity of this device remembers to what another one does: of two marks the higher version's. */
export async function carryTargets(from: TargetPlace, to: TargetPlace): Promise<void> {
	const source = await readTargetMemory(from);
	if (!source.pin && source.sent.size === 0) return;
	await updateTargetMemory(to, (memory) => {
		memory.pin ??= source.pin;
		for (const [key, marks] of source.sent) {
			const known = memory.sent.get(key) ?? new Map<string, SentMark>();
			for (const [name, mark] of marks)
				if (mark.version > (known.get(name)?.version ?? 0)) known.set(name, mark);
			memory.sent.set(key, known);
		}
	});
}
