/** Searches the bytes of files for values of vaults and for identities. Pure. */
import { Buffer } from "node:buffer";
import { encodingsOf } from "./encodings.ts";
import { Needles } from "./needles.ts";

/** A secret whose value must not be committed in the clear. */
export interface LiveSecret {
	readonly environment: string;
	readonly name: string;
	readonly value: string;
}

/** Something that was found in a file: a secret's name, or an identity. Never a value. */
export interface Found {
	/** Null for an identity. */
	readonly secret: Pick<LiveSecret, "environment" | "name"> | null;
	/** 1-based; null in a binary file. */
	readonly line: number | null;
}

/** Shorter values occur by chance: `true`, `production`, a host name. */
export const VALUE_CHARACTERS_MIN = 16;
/** A file with a NUL in its first bytes counts as binary, as in git. */
const TEXT_BYTES = 8_000;
const NEWLINE = 0x0a;
/**
 * The beginnings of an identity's secret text and of an export. Only a complete identity or export is found, so
 * documentation that shows the form is not.
 */
const IDENTITY_PREFIXES = ["coffer-identity-1.", "coffer-export-1."];
const IDENTITY =
	/^coffer-(identity-1\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])|export-1\.[0-9]{1,5}\.[0-9]{1,5}\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{224})/;
const IDENTITY_BYTES = 300;

type Key = LiveSecret | "identity";

function isWhiteSpace(byte: number): boolean {
	return byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;
}

function isText(bytes: Buffer): boolean {
	return !bytes.subarray(0, TEXT_BYTES).includes(0);
}

function lineAt(bytes: Buffer, at: number): number {
	let line = 1;
	for (let next = bytes.indexOf(NEWLINE); next >= 0 && next < at; next = bytes.indexOf(NEWLINE, next + 1))
		line++;
	return line;
}

/** Reused for folding: a buffer for each of thousands of files takes longer than the search. */
let scratch = Buffer.allocUnsafeSlow(65_536);

/** The bytes without white space, valid until the next call. */
function fold(bytes: Buffer): Buffer {
	if (scratch.length < bytes.length) scratch = Buffer.allocUnsafeSlow(bytes.length);
	const folded = scratch;
	let length = 0;
	// Every byte of every file passes through this loop. An iterator would take five times as long.
	for (let index = 0; index < bytes.length; index++) {
		const byte = bytes[index] ?? 0;
		folded[length] = byte;
		if (byte > 0x20 || !isWhiteSpace(byte)) length++;
	}
	return folded.subarray(0, length);
}

/** The position in the bytes of the folded byte number `at`. */
function unfoldedAt(bytes: Buffer, at: number): number {
	let left = at;
	for (const [index, byte] of bytes.entries()) {
		if (isWhiteSpace(byte)) continue;
		if (left === 0) return index;
		left--;
	}
	return bytes.length;
}

export class Search {
	readonly #plain = new Needles<Key>();
	readonly #folded = new Needles<LiveSecret>();

	/** @param secrets values of fewer than 16 characters are ignored */
	constructor(secrets: Iterable<LiveSecret>) {
		for (const prefix of IDENTITY_PREFIXES) this.#plain.add(prefix, "identity");
		const known = new Set<string>();
		for (const secret of secrets) {
			// One name is enough for a value that several secrets share.
			if (known.has(secret.value)) continue;
			known.add(secret.value);
			if (Array.from(secret.value).length < VALUE_CHARACTERS_MIN) continue;
			const { plain, folded } = encodingsOf(secret.value);
			for (const text of plain) this.#plain.add(text, secret);
			for (const text of folded) this.#folded.add(text, secret);
		}
	}

	/** What a file contains: each secret, and identities, at their first position. Sorted by line. */
	in(bytes: Buffer): Found[] {
		const first = new Map<Key, number>();
		const note = (key: Key, at: number) => {
			if (key === "identity" && !IDENTITY.test(bytes.toString("latin1", at, at + IDENTITY_BYTES))) return;
			if (at < (first.get(key) ?? Number.POSITIVE_INFINITY)) first.set(key, at);
		};
		this.#plain.search(bytes, note);
		if (this.#folded.size > 0) this.#searchFolded(bytes, note);
		const readable = isText(bytes);
		return [...first]
			.sort(([, a], [, b]) => a - b)
			.map(([key, at]) => ({
				secret: key === "identity" ? null : { environment: key.environment, name: key.name },
				line: readable ? lineAt(bytes, at) : null,
			}));
	}

	#searchFolded(bytes: Buffer, note: (key: Key, at: number) => void): void {
		const folded = fold(bytes);
		const first = new Map<LiveSecret, number>();
		this.#folded.search(folded, (key, at) => {
			if (at < (first.get(key) ?? Number.POSITIVE_INFINITY)) first.set(key, at);
		});
		for (const [key, at] of first) note(key, unfoldedAt(bytes, at));
	}
}
