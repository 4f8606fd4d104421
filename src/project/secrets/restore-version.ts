/**
 * Restores an earlier value of a secret. The new record keeps the epoch since which the value has been known
 * (`since`): a member who was removed after that epoch has read the value, so restoring it must not clear the
 * removal debt.
 */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { withRecords } from "../../vault/document/document.ts";
import { hasVersionMark } from "../../vault/document/version-marks.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import { isValidRecord, openRecord, sealRecord } from "../../vault/records/seal.ts";
import type { KnownVersion } from "../../vault/records/secret-history.ts";
import { checkSecretName } from "../../vault/syntax/secret-name.ts";
import { changedMeanwhile } from "../files/vault-file.ts";
import { editEnvironment } from "../session/edit-environment.ts";
import type { SessionContext, VaultSession } from "../session/session.ts";
import { hasValue, requireEditable } from "./edit-secrets.ts";

/** The version to restore, and the state on which the choice was based. */
export interface RestoreRequest {
	readonly name: string;
	readonly chosen: KnownVersion;
	/** The highest valid version that was found anywhere, or that this device has marked. */
	readonly highest: number;
	/** The record that the file had when the version was chosen. */
	readonly before: SealedRecord | undefined;
}

/** `put-back`: the version's own record. `sealed-anew`: its value, as a new version. */
export interface RestoredVersion {
	readonly outcome: "unchanged" | "put-back" | "sealed-anew";
	/** The version that the file has now. */
	readonly version: number;
}

/** Returns the record to write; undefined if the file already has the requested value. */
type MakeRecord = (
	session: VaultSession,
) => { record: SealedRecord; outcome: RestoredVersion["outcome"] } | undefined;

async function writeOne(
	context: SessionContext,
	{ before, name }: RestoreRequest,
	make: MakeRecord,
): Promise<RestoredVersion> {
	return editEnvironment<RestoredVersion>(context, (session, loaded) => {
		requireEditable(session);
		const present = session.verified.section.records.get(name);
		if (present?.body !== before?.body) throw changedMeanwhile();
		const made = make(session);
		if (!made) return { result: { outcome: "unchanged", version: present?.version ?? 0 } };
		const { outcome, record } = made;
		const document = withRecords(loaded.document, context.environment, [record]);
		return { document, written: [record], result: { outcome, version: record.version } };
	});
}

function pastValue(session: VaultSession, chosen: KnownVersion): string | undefined {
	const [record] = chosen.records;
	return record && openRecord(session.verified.state, session.keys, record);
}

/** Seals the value as a new version. It keeps `since`, because the value is as old as before. */
function sealAnew(session: VaultSession, { chosen, name }: RestoreRequest, version: number): SealedRecord {
	checkSecretName(name);
	const { context, keys, verified } = session;
	const value = pastValue(session, chosen);
	const { since } = chosen;
	return sealRecord(verified.state, keys, context.identity, { name, version, value, since });
}

/** The error code of an invalid record; undefined for a valid one. */
function faultOf(session: VaultSession, record: SealedRecord): string | undefined {
	try {
		session.open(record);
		return undefined;
	} catch (error) {
		if (error instanceof AppError) return error.code;
		throw error;
	}
}

function refuseBroken(session: VaultSession, name: string): SealedRecord {
	const record = session.verified.section.records.get(name);
	const fault = record && faultOf(session, record);
	if (record && (fault === undefined || fault === "RECORD_AUTHOR_REMOVED")) return record;
	throw new AppError({
		code: fault ?? "SECRET_NOT_FOUND",
		message: record
			? `The record of ${name} in coffer.vault is invalid, so it cannot be rolled back.`
			: `There is no secret ${name} in environment '${session.place.environment}' to roll back.`,
		hint: `Bring it back: ${inEnvironment(`coffer vault restore ${name}`, session.place.environment)}`,
		exit: record ? EXIT.integrity : EXIT.notFound,
	});
}

/**
 * Sets an earlier version's value as a new version.
 * @throws AppError `SECRET_NOT_FOUND` (exit 4) and the errors of an invalid current record (exit 7), with
 *   'vault restore' as the hint; `VERSION_NOT_OLDER` (exit 2); `VAULT_CHANGED_MEANWHILE` (exit 5); what
 *   `setSecrets` throws
 */
export function rollBack(context: SessionContext, past: RestoreRequest): Promise<RestoredVersion> {
	const { chosen, highest, name } = past;
	return writeOne(context, past, (session) => {
		const present = refuseBroken(session, name);
		if (chosen.version > present.version) {
			throw new AppError({
				code: "VERSION_NOT_OLDER",
				message: `The file has version ${present.version} of ${name}, which is older than version ${chosen.version}.`,
				hint: `Bring the newer one back: coffer vault restore ${name} --version ${chosen.version}.`,
				exit: EXIT.usage,
			});
		}
		if (hasValue(session, name, pastValue(session, chosen))) return undefined;
		const version = Math.max(session.nextVersion(name), highest + 1);
		return { record: sealAnew(session, past, version), outcome: "sealed-anew" };
	});
}

/**
 * The version's own record, if the file's membership accepts it. A marked one is preferred, then the last one
 * found.
 */
function soundRecord(session: VaultSession, chosen: KnownVersion): SealedRecord | undefined {
	const { memory, verified } = session;
	const sound = chosen.records.filter((record) => isValidRecord(verified.state, record));
	return sound.find((record) => hasVersionMark(memory.marks, record)) ?? sound.at(-1);
}

/**
 * Restores a version that the file has lost. Writes the version's own record if no later version is known and its
 * author is still a writer. Otherwise seals its value as a new version. An invalid record in the file is ignored.
 * @throws AppError `VERSION_DELETED` (exit 2), `VAULT_CHANGED_MEANWHILE` (exit 5), what `setSecrets` throws
 */
export function restore(context: SessionContext, past: RestoreRequest): Promise<RestoredVersion> {
	const { chosen, name } = past;
	return writeOne(context, past, (session) => {
		const present = session.verified.section.records.get(name);
		const isSound = present !== undefined && faultOf(session, present) === undefined;
		const { highest } = past;
		const isThere = isSound && present.version >= highest && present.kind === chosen.kind;
		if (isThere && session.open(present) === pastValue(session, chosen)) return undefined;
		if (chosen.kind === "live") checkSecretName(name);
		const record = chosen.version === highest ? soundRecord(session, chosen) : undefined;
		if (record) return { record, outcome: "put-back" };
		if (chosen.kind === "deleted") throw versionDeleted(name, chosen.version);
		return { record: sealAnew(session, past, highest + 1), outcome: "sealed-anew" };
	});
}

/** The error for a version that is the secret's deletion. */
export function versionDeleted(name: string, version: number): AppError {
	return new AppError({
		code: "VERSION_DELETED",
		message: `Version ${version} of ${name} is its deletion; it has no value.`,
		hint: `To delete it: coffer secrets delete ${name}.`,
		exit: EXIT.usage,
	});
}
