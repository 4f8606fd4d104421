/** An identity sealed under a passphrase, as one line of text (docs/format.md, section 11). */
import { concat, fromUtf8, isBase64Text, lengthPrefixed, utf8, wipe } from "../bytes.ts";
import {
	cryptoReady,
	fromBase64,
	hash,
	open,
	pad,
	randomBytes,
	SEAL_OVERHEAD_BYTES,
	seal,
	toBase64,
	unpad,
} from "../crypto.ts";
import { AppError, EXIT } from "../errors.ts";
import { formatIdentity, type Identity, parseIdentity } from "./identity.ts";
import { COST, isAcceptableCost, keyOfPassphrase, type PassphraseCost, SALT_BYTES } from "./passphrase.ts";

const MAGIC = /^coffer-export-([1-9][0-9]{0,3})$/;
const NUMBER = /^[1-9][0-9]{0,4}$/;
/**
 * Longer than any identity's text, with or without a vault's id, so that the length of an export reveals
 * nothing.
 */
const CONTENT_BYTES = 128;
const SEALED_BYTES = CONTENT_BYTES + SEAL_OVERHEAD_BYTES;
const CHECK_BYTES = 8;

/** The content of an export's text that needs no passphrase. */
export interface IdentityExport extends PassphraseCost {
	/** Base64 of 16 bytes. */
	readonly salt: string;
	/** Base64 of nonce, sealed content and tag. */
	readonly sealed: string;
}

function context({ passes, memory, salt }: Omit<IdentityExport, "sealed">): Uint8Array {
	return lengthPrefixed("coffer/export/1", passes, memory, salt);
}

/**
 * A checksum that distinguishes damage from a wrong passphrase. It has no key, so it does not detect deliberate
 * changes.
 */
function checkOf(text: string): string {
	return toBase64(hash(lengthPrefixed("coffer/export-check/1", text)).subarray(0, CHECK_BYTES));
}

/**
 * Seals an identity.
 * @param cost the cost of one attempt to guess the passphrase; the export's text contains it
 * @returns one line of text, without a line break
 * @throws AppError as `keyOfPassphrase`
 */
export async function sealExport(identity: Identity, passphrase: string, cost = COST): Promise<string> {
	await cryptoReady;
	const salt = randomBytes(SALT_BYTES);
	const parts = { ...cost, salt: toBase64(salt) };
	const key = await keyOfPassphrase(passphrase, salt, cost);
	const text = utf8(formatIdentity(identity));
	const content = pad(text, CONTENT_BYTES);
	const sealed = toBase64(seal(content, context(parts), key));
	wipe(key, text, content);
	const line = ["coffer-export-1", parts.passes, parts.memory, parts.salt, sealed].join(".");
	return `${line}.${checkOf(line)}`;
}

function refused(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint, exit: EXIT.unauthorised });
}

function malformed(where: string): AppError {
	return refused(
		"EXPORT_MALFORMED",
		`The content of ${where} is not an exported identity.`,
		"Name the file that 'coffer identity export' wrote, whole and unaltered.",
	);
}

function requireSupported(where: string, version: string, cost?: PassphraseCost): void {
	if (version === "1" && (cost === undefined || isAcceptableCost(cost))) return;
	const what =
		cost === undefined ? `has the version ${version}` : `needs ${cost.passes} passes over ${cost.memory} MiB`;
	throw refused(
		"EXPORT_UNSUPPORTED",
		`The exported identity in ${where} ${what}, which this version of Coffer does not read.`,
		cost === undefined
			? "Use a newer version of Coffer."
			: "Coffer does not write such a file. Use another copy, or export the identity again.",
	);
}

/**
 * Parses an export's text, with or without one line break at the end. The cost that the text may ask for is limited.
 * @param where the text's source, for the message
 * @throws AppError (exit 3) `EXPORT_MALFORMED`, `EXPORT_UNSUPPORTED`, or `EXPORT_DAMAGED` if it was changed
 */
export function parseExport(text: string, where: string): IdentityExport {
	const line = text.replace(/\r?\n$/, "");
	const [magic = "", passes = "", memory = "", salt = "", sealed = "", check = "", ...more] = line.split(".");
	const version = MAGIC.exec(magic)?.[1];
	if (version === undefined) throw malformed(where);
	requireSupported(where, version);
	const numbers = NUMBER.test(passes) && NUMBER.test(memory);
	const texts = isBase64Text(salt, SALT_BYTES) && isBase64Text(sealed, SEALED_BYTES);
	if (!numbers || !texts || !isBase64Text(check, CHECK_BYTES) || more.length > 0) throw malformed(where);
	if (checkOf(line.slice(0, -check.length - 1)) !== check) {
		throw refused(
			"EXPORT_DAMAGED",
			`The exported identity in ${where} is damaged: it was changed after it was written.`,
			"Use another copy of it.",
		);
	}
	const cost = { passes: Number(passes), memory: Number(memory) };
	requireSupported(where, version, cost);
	return { ...cost, salt, sealed };
}

/**
 * Opens an export.
 * @throws AppError `PASSPHRASE_WRONG`, `IDENTITY_MALFORMED` (exit 3), or as `keyOfPassphrase`
 */
export async function openExport(
	exported: IdentityExport,
	passphrase: string,
	where: string,
): Promise<Identity> {
	await cryptoReady;
	const salt = fromBase64(exported.salt) ?? concat();
	const key = await keyOfPassphrase(passphrase, salt, exported);
	const content = open(fromBase64(exported.sealed) ?? concat(), context(exported), key);
	wipe(key);
	if (content === undefined) {
		throw refused(
			"PASSPHRASE_WRONG",
			`The passphrase does not open the exported identity in ${where}.`,
			"Try again. Capitals, spaces and punctuation matter.",
		);
	}
	const text = unpad(content, CONTENT_BYTES);
	const identity = parseIdentity((text && fromUtf8(text)) ?? "", `the export in ${where}`);
	wipe(content);
	return identity;
}
