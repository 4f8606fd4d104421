/**
 * Notes on secrets: sealed and signed texts in files beside the vault (docs/format.md, section 15). They are no part of
 * the vault, whose format 1 has no place for them: a reader that does not know them ignores the folder. Pure.
 */
import { fromUtf8, isBase64Text, lengthPrefixed, utf8 } from "../../bytes.ts";
import {
	fromBase64,
	open,
	PUBLIC_KEY_BYTES,
	pad,
	randomBytes,
	SIGNATURE_BYTES,
	seal,
	sign,
	toBase64,
	unpad,
	verify,
} from "../../crypto.ts";
import type { EnvironmentKeys } from "../chains/environment-keys.ts";
import { type EnvironmentState, epochNumber } from "../chains/membership.ts";
import { MAX_VERSION } from "../records/record.ts";
import type { Author } from "../records/seal.ts";
import { fieldsWithId, INVISIBLE, isInstant, printWithId } from "../syntax/lines-with-id.ts";
import { isSecretName } from "../syntax/secret-name.ts";
import { isEnvironmentName, PAD_BYTES } from "../syntax/syntax.ts";

/** The longest note, in characters. */
export const NOTE_MAX = 2_000;

/** A note's file. */
export interface SealedNote {
	/** 16 hexadecimal digits. */
	readonly id: string;
	readonly name: string;
	readonly environment: string;
	/** 1 more than the notes that it replaces. */
	readonly version: number;
	/** ISO 8601 in UTC, by the author's clock. */
	readonly at: string;
	/** Id of the epoch whose key encrypts it. */
	readonly epoch: string;
	/** Ed25519 public key, base64. */
	readonly author: string;
	/** nonce ‖ ciphertext ‖ tag, base64. */
	readonly sealed: string;
	readonly signature: string;
}

const VERSION = /^[1-9][0-9]{0,8}$/;

/** Whether a text is a note: 1 to 2,000 visible characters, spaces and line feeds, and neither of the two at its ends. */
export function isNoteText(text: string): boolean {
	if (text === "" || text !== text.trim() || INVISIBLE.test(text.replaceAll("\n", ""))) return false;
	return text.length <= 2 * NOTE_MAX && Array.from(text).length <= NOTE_MAX;
}

/** The file's text. */
export function printNote(note: SealedNote): string {
	const { at, author, environment, epoch, id, name, sealed, signature, version } = note;
	return printWithId(id, [
		"coffer-note 1",
		`name ${name}`,
		`environment ${environment}`,
		`version ${version}`,
		`at ${at}`,
		`epoch ${epoch}`,
		`author ${author}`,
		`sealed ${sealed}`,
		`signature ${signature}`,
	]);
}

/** The name of the note's file. */
export function noteFile({ id, name }: SealedNote): string {
	return `${name}.${id}.note`;
}

/** Parses a file. Valid only if printing the result gives the same text. @returns undefined for any other text */
export function parseNote(content: string): SealedNote | undefined {
	const split = fieldsWithId(content);
	if (!split) return undefined;
	const one = (word: string) => split.fields.get(word)?.[0] ?? "";
	const note: SealedNote = {
		id: split.id,
		name: one("name"),
		environment: one("environment"),
		version: Number(VERSION.exec(one("version"))?.[0] ?? 0),
		at: one("at"),
		epoch: one("epoch"),
		author: one("author"),
		sealed: one("sealed"),
		signature: one("signature"),
	};
	return isWellFormed(note) && printNote(note) === split.text ? note : undefined;
}

function isWellFormed({
	at,
	author,
	environment,
	epoch,
	name,
	sealed,
	signature,
	version,
}: SealedNote): boolean {
	if (!isSecretName(name) || !isEnvironmentName(environment) || version === 0 || !isInstant(at)) return false;
	if (epochNumber(epoch) === undefined || !isBase64Text(author, PUBLIC_KEY_BYTES)) return false;
	return isBase64Text(sealed) && isBase64Text(signature, SIGNATURE_BYTES);
}

/** A note that was moved to another name, version, environment, vault or epoch does not open. */
function sealContext(vaultId: string, note: Omit<SealedNote, "sealed" | "signature">): Uint8Array {
	const { author, environment, epoch, id, name, version } = note;
	return lengthPrefixed("coffer/note/1", vaultId, id, name, environment, version, epoch, author);
}

function signedContent(vaultId: string, note: Omit<SealedNote, "signature">): Uint8Array {
	const { at, author, environment, epoch, id, name, sealed, version } = note;
	const domain = "coffer/note-file/1";
	return lengthPrefixed(domain, vaultId, id, name, environment, version, at, epoch, author, sealed);
}

/** Seals a note under the key of the current epoch. @param content.text as `isNoteText` accepts it */
export function sealNote(
	{ name: environment, vaultId }: Pick<EnvironmentState, "vaultId" | "name">,
	keys: EnvironmentKeys,
	author: Author,
	content: { readonly name: string; readonly text: string; readonly version: number; readonly at: string },
): SealedNote {
	const { at, name, text, version } = content;
	const id = Buffer.from(randomBytes(8)).toString("hex");
	const bare = { id, name, environment, version, at, epoch: keys.epoch, author: author.publicKeys.sign };
	const sealed = toBase64(seal(pad(utf8(text), PAD_BYTES), sealContext(vaultId, bare), keys.key));
	const signature = sign(signedContent(vaultId, { ...bare, sealed }), author.signing.privateKey);
	return { ...bare, sealed, signature: toBase64(signature) };
}

/**
 * Verifies and opens a note. Its author must have been a writer in the epoch whose key seals it.
 * @returns undefined for a note that is not valid, or that belongs to another environment or vault
 */
export function openNote(
	state: EnvironmentState,
	keys: EnvironmentKeys,
	note: SealedNote,
): string | undefined {
	const isWriter = state.epochs.get(note.epoch)?.writers.has(note.author) === true;
	if (!isWriter || note.environment !== state.name || note.version > MAX_VERSION) return undefined;
	const [signature, author] = [fromBase64(note.signature), fromBase64(note.author)];
	if (!signature || !author || !verify(signature, signedContent(state.vaultId, note), author))
		return undefined;
	const [key, sealed] = [keys.keyOf(note.epoch), fromBase64(note.sealed)];
	const padded = key && sealed && open(sealed, sealContext(state.vaultId, note), key);
	const content = padded && unpad(padded, PAD_BYTES);
	const text = content && fromUtf8(content);
	return text !== undefined && isNoteText(text) ? text : undefined;
}
