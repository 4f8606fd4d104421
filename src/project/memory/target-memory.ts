/**
 * A device's memory of a target: which target was linked here, and which record was last sent under each name. It is
 * needed because values cannot be read from a target. It never contains a value. All working copies of a vault on this
 * device share this memory, because they send to the same target. The file is
 * `VAULT-ID/ENVIRONMENT/targets-MEMBER.json`, beside the version marks.
 */
import { dirname, join } from "node:path";
import { epochNumber } from "../../vault/chains/membership.ts";
import { type RecordKind, recordDigest, type SealedRecord } from "../../vault/records/record.ts";
import { removeLeftovers } from "../files/atomic-file.ts";
import { withLock } from "../files/vault-lock.ts";
import type { MemoryLocation } from "./device-state.ts";
import { makeStateFolder, readSignedJson, type SignedFile, writeSignedJson } from "./signed-json.ts";

/** Identifies a target: the name of its kind, its origin, and the app. */
export interface TargetId {
	readonly kind: string;
	/** The origin of an http or https address. Any other address unchanged. */
	readonly origin: string;
	readonly app: string;
}

/** The record that was last sent under a name. */
export interface SentMark {
	readonly version: number;
	/** A tombstone means that the name was deleted at the target. */
	readonly kind: RecordKind;
	readonly digest: string;
	/**
	 * The number of the epoch that sealed it. The same version under a later epoch is the same value,
	 * re-encrypted.
	 */
	readonly epoch: number;
}

export type SentMarks = ReadonlyMap<string, SentMark>;

export interface TargetMemory {
	/** The only target that values may be sent to; undefined if this device has linked none. */
	pin: TargetId | undefined;
	/** The records that were sent, by target and name. */
	readonly sent: Map<string, Map<string, SentMark>>;
}

/** Identifies the memory of an identity and an environment, for all working copies. */
export type TargetMemoryLocation = Omit<MemoryLocation, "root">;

/** A target's key in the memory. Its parts contain no space. */
export function targetKey({ kind, origin, app }: TargetId): string {
	return `${kind} ${origin} ${app}`;
}

/** The mark to remember after a record was sent. */
export function sentMark(record: SealedRecord): SentMark {
	const { version, kind } = record;
	return { version, kind, digest: recordDigest(record), epoch: epochNumber(record.epoch) ?? 0 };
}

function fileOf({ folder, vaultId, environment, member }: TargetMemoryLocation): SignedFile {
	return { folder, name: `${vaultId}/${environment}/targets-${member}.json` };
}

/** Arrays, because a secret's name must not be a key of a plain object. */
type SentRow = [name: string, version: number, kind: RecordKind, digest: string, epoch: number];
type TargetRow = [key: string, ...rows: SentRow[]];

/** Reads the memory of an environment's targets. @throws AppError `STATE_DAMAGED` (exit 7) */
export async function readTargetMemory(place: TargetMemoryLocation): Promise<TargetMemory> {
	const value = await readSignedJson(fileOf(place), place.stateKey);
	if (!value) return { pin: undefined, sent: new Map() };
	// The MAC proves that this program wrote the file, so its shape needs no check.
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
 * Changes the memory, starting from what the file contains now.
 * @param change edits it in place
 * @throws AppError `STATE_DAMAGED` (exit 7), `VAULT_LOCKED`, `VAULT_LOCK_FAILED`, `FILE_UNWRITABLE` (exit 1)
 */
export async function updateTargetMemory(
	place: TargetMemoryLocation,
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
 * Runs work that sends to a target while no other process of this device sends. If two processes sent at the same time,
 * the older value might arrive last.
 */
export async function whileSending<T>(place: TargetMemoryLocation, work: () => Promise<T>): Promise<T> {
	const folder = join(place.folder, place.vaultId, place.environment);
	await makeStateFolder(folder);
	return await withLock(join(folder, "sending.lock"), work);
}

/** Adds one identity's memory to another identity's on the same device. Of two marks, the higher version wins. */
export async function inheritTargetMemory(
	from: TargetMemoryLocation,
	to: TargetMemoryLocation,
): Promise<void> {
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
