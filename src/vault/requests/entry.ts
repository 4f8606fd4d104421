/**
 * The text of one file in `coffer.requests`: a request for a secret, or the answer that it is declined
 * (docs/format.md, section 14). Anybody who can write to the repository can write such a file, so everything in it is
 * checked. Pure.
 */
import { isBase64Text, utf8 } from "../../bytes.ts";
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "../../crypto.ts";
import { fieldsWithId, INVISIBLE, isFileId, isInstant, printWithId } from "../syntax/lines-with-id.ts";
import { isSecretName } from "../syntax/secret-name.ts";
import { isEnvironmentName, isMemberName } from "../syntax/syntax.ts";

/** The longest reason, in characters. */
export const REASON_MAX = 500;

/** A request, or the answer to one that declines it. */
export interface RequestEntry {
	readonly kind: "request" | "decline";
	/** 16 hexadecimal digits. */
	readonly id: string;
	readonly name: string;
	readonly environment: string;
	/** For a request: the version of the name's record at that time, 0 if there was none. */
	readonly seen: number;
	/** For an answer: the id of the request. */
	readonly answers: string;
	/** ISO 8601 in UTC. Nothing verifies it. */
	readonly at: string;
	/** Who wrote it, in the form of a member's name. Nothing verifies it without the signature. */
	readonly by: string;
	readonly reason: string;
	/** The writer's key and the signature; undefined if the writer had no identity. */
	readonly signed: { readonly key: string; readonly signature: string } | undefined;
}

const SEEN = /^(?:0|[1-9][0-9]{0,8})$/;
/** Bytes of a reason on one line. With the id and the word before it, a line stays below the 64 bytes that git compares. */
const PIECE_BYTES = 36;

/** Whether a text is a reason: 1 to 500 visible characters and single spaces between them. */
export function isReason(text: string): boolean {
	if (text === "" || text !== text.trim() || text.includes("  ") || INVISIBLE.test(text)) return false;
	return text.length <= 2 * REASON_MAX && Array.from(text).length <= REASON_MAX;
}

/**
 * The reason cut into pieces that are short enough for a line each: before a space if there is one, or else anywhere.
 * No piece ends with a space, which editors remove.
 */
function piecesOf(reason: string): string[] {
	const pieces: string[] = [];
	let piece = "";
	const add = (part: string) => {
		if (piece !== "" && utf8(piece + part).length > PIECE_BYTES) {
			pieces.push(piece);
			piece = "";
		}
		piece += part;
	};
	for (const word of reason.match(/ ?[^ ]+/gu) ?? []) {
		if (utf8(word).length <= PIECE_BYTES) add(word);
		else for (const part of word.match(/ ?[^ ]/gu) ?? []) add(part);
	}
	return [...pieces, piece];
}

/** The file's text. */
export function printEntry(entry: RequestEntry): string {
	const { at, by, environment, id, kind, name, reason, signed } = entry;
	const lines = [
		`coffer-${kind} 1`,
		`name ${name}`,
		`environment ${environment}`,
		kind === "request" ? `seen ${entry.seen}` : `answers ${entry.answers}`,
		`at ${at}`,
		`by ${by}`,
		...piecesOf(reason).map((piece) => `reason ${piece}`),
		...(signed ? [`key ${signed.key}`, `signature ${signed.signature}`] : []),
	];
	return printWithId(id, lines);
}

/** The name of the entry's file. */
export function entryFile({ answers, id, kind, name }: RequestEntry): string {
	return kind === "request" ? `${name}.${id}.request` : `${name}.${answers}.${id}.decline`;
}

/**
 * Parses a file. It is valid only if printing the result gives the same text; a version of git may have written its
 * line ends as CR LF.
 * @returns undefined if the text is no entry of version 1
 */
export function parseEntry(text: string): RequestEntry | undefined {
	const split = fieldsWithId(text);
	if (!split) return undefined;
	const { fields, id } = split;
	const one = (word: string) => fields.get(word)?.[0] ?? "";
	const [key, signature] = [one("key"), one("signature")];
	const entry: RequestEntry = {
		kind: fields.has("coffer-request") ? "request" : "decline",
		id,
		name: one("name"),
		environment: one("environment"),
		seen: Number(SEEN.exec(one("seen"))?.[0] ?? 0),
		answers: one("answers"),
		at: one("at"),
		by: one("by"),
		reason: (fields.get("reason") ?? []).join(""),
		signed: key === "" && signature === "" ? undefined : { key, signature },
	};
	return isValid(entry) && printEntry(entry) === split.text ? entry : undefined;
}

function isValid({ answers, at, by, environment, kind, name, reason, signed }: RequestEntry): boolean {
	if (!isSecretName(name) || !isEnvironmentName(environment) || !isMemberName(by)) return false;
	if (!isReason(reason) || !isInstant(at)) return false;
	if (kind === "decline" && !isFileId(answers)) return false;
	return (
		!signed || (isBase64Text(signed.key, PUBLIC_KEY_BYTES) && isBase64Text(signed.signature, SIGNATURE_BYTES))
	);
}
