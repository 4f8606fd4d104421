/** Encrypts, signs, verifies and decrypts single records. */
import { fromUtf8, lengthPrefixed, utf8, wipe } from "../../bytes.ts";
import {
	fromBase64,
	type KeyPair,
	open,
	pad,
	type SignatureCheck,
	seal,
	sign,
	toBase64,
	unpad,
	verify,
	verifyAll,
} from "../../crypto.ts";
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, attempt, EXIT } from "../../errors.ts";
import type { EnvironmentKeys } from "../chains/environment-keys.ts";
import { type EnvironmentState, epochNumber } from "../chains/membership.ts";
import { LIMITS, malformed, PAD_BYTES } from "../syntax/syntax.ts";
import { MAX_VERSION, parseRecord, type RecordKind, type SealedRecord } from "./record.ts";

/** The environment that a record belongs to. Its vault id and name are under the seal and the signature. */
type EnvironmentId = Pick<EnvironmentState, "vaultId" | "name">;
type RecordFields = Pick<SealedRecord, "name" | "version" | "kind" | "epoch" | "since">;

/** The associated data: a record that was moved to another name, version, environment, vault or epoch does not open. */
function sealContext(scope: EnvironmentId, record: RecordFields): Uint8Array {
	return lengthPrefixed(
		"coffer/seal/1",
		scope.vaultId,
		scope.name,
		record.epoch,
		record.name,
		record.version,
		record.kind,
		record.since,
	);
}

function signedBytes(
	scope: EnvironmentId,
	record: RecordFields & Pick<SealedRecord, "author" | "sealed">,
): Uint8Array {
	const { epoch, name, version, kind, since, author, sealed } = record;
	return lengthPrefixed(
		"coffer/record/1",
		scope.vaultId,
		scope.name,
		epoch,
		name,
		version,
		kind,
		since,
		author,
		sealed,
	);
}

/** The writer who signs new records and links. */
export interface Author {
	readonly publicKeys: { readonly sign: string };
	readonly signing: KeyPair;
}

function checkedValue(name: string, value: string): Uint8Array {
	const bytes = utf8(value);
	if (bytes.length <= LIMITS.valueBytes) return bytes;
	throw new AppError({
		code: "VALUE_TOO_LARGE",
		message: `The value of ${name} has ${bytes.length} bytes; the limit is ${LIMITS.valueBytes} (64 KiB).`,
		hint: "Store large data in a file or an object store, and only its key in the vault.",
		exit: EXIT.usage,
	});
}

/**
 * Encrypts and signs one record with the key of the environment's current epoch.
 * @param secret.value the value; undefined makes a tombstone
 * @param secret.version for a new value, 1 more than the highest known version of this name
 * @param secret.since for a re-encryption, the number of the epoch in which this version was set; by default the
 *   number of the current epoch
 * @throws AppError `VALUE_TOO_LARGE`, `TEXT_NOT_UNICODE` (exit 2), `VERSIONS_EXHAUSTED` (exit 1)
 */
export function sealRecord(
	scope: EnvironmentId,
	keys: EnvironmentKeys,
	author: Author,
	secret: { name: string; version: number; value: string | undefined; since?: number },
): SealedRecord {
	const { name, version } = secret;
	if (version > MAX_VERSION) {
		throw new AppError({
			code: "VERSIONS_EXHAUSTED",
			message: `${name} has reached version ${MAX_VERSION}, the highest that the format allows.`,
			hint: "Use a new name for this secret.",
			exit: EXIT.failure,
		});
	}
	const kind: RecordKind = secret.value === undefined ? "deleted" : "live";
	const content = checkedValue(name, secret.value ?? "");
	const padded = pad(content, PAD_BYTES);
	const since = secret.since ?? epochNumber(keys.epoch) ?? 0;
	const context = { name, version, kind, epoch: keys.epoch, since, author: author.publicKeys.sign };
	const sealed = toBase64(seal(padded, sealContext(scope, context), keys.key));
	wipe(content, padded);
	const signature = toBase64(sign(signedBytes(scope, { ...context, sealed }), author.signing.privateKey));
	const words = [`v${version}`, kind, keys.epoch, since, context.author, sealed, signature];
	return parseRecord(name, words.join(" "), 0);
}

/** A record's signature with its key and content; undefined if the signature or the key is not valid base64. */
function signatureOf(scope: EnvironmentId, record: SealedRecord): SignatureCheck | undefined {
	const signature = fromBase64(record.signature);
	const publicKey = fromBase64(record.author);
	return signature && publicKey && { signature, content: signedBytes(scope, record), publicKey };
}

/** A set of records of one environment whose signatures were checked and are valid. */
export class ValidSignatures {
	readonly #vaultId: string;
	readonly #name: string;
	readonly #records: ReadonlySet<SealedRecord>;

	constructor({ vaultId, name }: EnvironmentId, records: ReadonlySet<SealedRecord>) {
		this.#vaultId = vaultId;
		this.#name = name;
		this.#records = records;
	}

	/** Whether the set contains this record object, for this environment. */
	has(scope: EnvironmentId, record: SealedRecord): boolean {
		return this.#vaultId === scope.vaultId && this.#name === scope.name && this.#records.has(record);
	}
}

/** Checking so few signatures on this thread takes no longer than sending them to other threads. */
const SINGLE_CHECKS_MAX = 32;

/**
 * Checks the signatures of many records, on all cores. `verifyRecord` still has to check a record's epoch and author,
 * but does not check these signatures again.
 */
export async function checkSignatures(
	scope: EnvironmentId,
	records: Iterable<SealedRecord>,
): Promise<ValidSignatures> {
	const checked = [...records];
	const valid = new Set<SealedRecord>();
	if (checked.length > SINGLE_CHECKS_MAX) {
		const verdicts = await verifyAll(checked, (record) => signatureOf(scope, record));
		for (const [index, record] of checked.entries()) if (verdicts[index]) valid.add(record);
	}
	return new ValidSignatures(scope, valid);
}

/** The hint for one record that is not valid. */
function restoreHint({ name }: Pick<EnvironmentId, "name">, record: SealedRecord): string {
	const command = inEnvironment(`coffer vault restore ${record.name}`, name);
	return `A writer of environment '${name}' can restore the record (${command}). Or restore the whole file from git. Do not edit it by hand.`;
}

/**
 * Verifies that the author signed the record for this environment and name, was a writer in the record's epoch and is
 * a writer now. The last condition is needed because a removed member keeps the keys of old epochs and could make new
 * records for them.
 * @param validSignatures the result of `checkSignatures`, if it was called before
 * @throws AppError exit 7: `RECORD_EPOCH_UNKNOWN`, `RECORD_AUTHOR_UNKNOWN`, `RECORD_AUTHOR_REMOVED` or
 *   `RECORD_FORGED`, with the record's name and line
 */
export function verifyRecord(
	state: EnvironmentState,
	record: SealedRecord,
	validSignatures?: ValidSignatures,
): void {
	const line = record.line + 1;
	const epoch = state.epochs.get(record.epoch);
	if (!epoch) {
		throw malformed(
			"RECORD_EPOCH_UNKNOWN",
			`the record of ${record.name} has an epoch that environment '${state.name}' never had.`,
			line,
			restoreHint(state, record),
		);
	}
	if (!epoch.writers.has(record.author)) {
		throw malformed(
			"RECORD_AUTHOR_UNKNOWN",
			`the author of the record of ${record.name} was not a writer of '${state.name}'.`,
			line,
			restoreHint(state, record),
		);
	}
	if (!state.epoch.writers.has(record.author)) {
		throw malformed(
			"RECORD_AUTHOR_REMOVED",
			`the author of the record of ${record.name} is no longer a writer of '${state.name}'.`,
			line,
			`Ask the person who owns the value for it, and set it again: ${inEnvironment(`coffer secrets set ${record.name}`, state.name)}.`,
		);
	}
	if (validSignatures?.has(state, record)) return;
	const signed = signatureOf(state, record);
	if (!signed || !verify(signed.signature, signed.content, signed.publicKey)) {
		const message = `the signature of the record of ${record.name} is not valid.`;
		throw malformed("RECORD_FORGED", message, line, restoreHint(state, record));
	}
}

/** Whether `verifyRecord` accepts a record. */
export function isValidRecord(
	state: EnvironmentState,
	record: SealedRecord,
	validSignatures?: ValidSignatures,
): boolean {
	const accepted = attempt(() => {
		verifyRecord(state, record, validSignatures);
		return true;
	});
	return accepted ?? false;
}

/**
 * Decrypts one record. The caller must call `verifyRecord` first, or find the record's digest in the version marks.
 * @returns the value; undefined for a tombstone
 * @throws AppError `RECORD_UNREADABLE` (exit 7)
 */
export function openRecord(
	scope: EnvironmentId,
	keys: EnvironmentKeys,
	record: SealedRecord,
): string | undefined {
	const key = keys.keyOf(record.epoch);
	const sealed = fromBase64(record.sealed);
	const padded = key && sealed && open(sealed, sealContext(scope, record), key);
	const content = padded && unpad(padded, PAD_BYTES);
	const value = content && content.length <= LIMITS.valueBytes ? fromUtf8(content) : undefined;
	if (padded) wipe(padded);
	if (value === undefined || (record.kind === "deleted" && value !== "")) {
		throw malformed(
			"RECORD_UNREADABLE",
			`the record of ${record.name} cannot be decrypted with the environment's key.`,
			record.line + 1,
			restoreHint(scope, record),
		);
	}
	return record.kind === "deleted" ? undefined : value;
}
