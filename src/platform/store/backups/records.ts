/**
 * What a store remembers of its backups. `coffer platform backup` writes a record beside the store when a backup is
 * complete, whether a platform runs or not. A record has no code: the command has no key of the platform. So it says what
 * somebody with access to the store wrote, and nothing depends on it but what people are told.
 */
import { type BackupRecord, backupRecordSchema } from "../../../protocol/nodes.ts";

/** The most records that are kept. */
export const RECORDS_MAX = 20;

/** So that the order of names is the order of times. A time has at most 16 digits. */
const TIME_DIGITS = 16;

/** The name of a record. Later ones have greater names. @param random tells backups of one moment apart */
export function recordName({ createdMs }: BackupRecord, random: string): string {
	return `${String(createdMs).padStart(TIME_DIGITS, "0")}-${random}`;
}

/** The names of records that are too many: the oldest. */
export function surplus(names: readonly string[]): string[] {
	return [...names].sort().slice(0, -RECORDS_MAX);
}

/** Records from their texts, the newest first. Texts that are no records are left out. */
export function readRecords(texts: readonly string[]): BackupRecord[] {
	return texts
		.flatMap((text) => parsed(text))
		.sort((one, other) => other.createdMs - one.createdMs)
		.slice(0, RECORDS_MAX);
}

function parsed(text: string): BackupRecord[] {
	try {
		const { data } = backupRecordSchema.safeParse(JSON.parse(text));
		return data === undefined ? [] : [data];
	} catch {
		return [];
	}
}
