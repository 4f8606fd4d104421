/** Searches the bytes of files for values of vaults and for identities. Pure. */
import { Buffer } from "node:buffer";
import { encodingsOf, type Form } from "../../value-forms.ts";
import { Folded, type Piece, type Place } from "./folding.ts";
import { Needles } from "./needles.ts";
import { Cursor } from "./position.ts";
import { isSearchable, type LiveSecret, searchedPart } from "./searchable.ts";

/** A secret without its value. */
export type SecretName = Pick<LiveSecret, "environment" | "name" | "vault">;

/** Something that was found in a file. Never a value. */
export interface Found {
	/** The secrets that have the value; null for an identity. */
	readonly secrets: readonly SecretName[] | null;
	readonly form: Form | "identity";
	/** The number of bytes before it. */
	readonly offset: number;
	/** 1-based; null in a binary file. */
	readonly line: number | null;
	/** 1-based, in characters; null in a binary file. */
	readonly column: number | null;
}

export interface FoundInFile {
	/** In the order of the file. */
	readonly found: readonly Found[];
	/** How many more places there are than are listed. */
	readonly omitted: number;
}

/** A file with a NUL in its first bytes counts as binary, as in git. */
const TEXT_BYTES = 8_000;
/** Files are searched in pieces of this size, which fit into the processor's cache. */
const PIECE_BYTES = 256 * 1024;
/** Pieces overlap, so that nothing is cut in two. A piece has this many times the overlap, or more. */
const PIECE_OVERLAPS = 8;
/**
 * The beginnings of an identity's secret text and of an export. Only a complete identity or export is found, so
 * documentation that shows the form is not.
 */
const IDENTITY_PREFIXES = ["coffer-identity-1.", "coffer-export-1."];
const IDENTITY =
	/^coffer-(identity-1\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])|export-1\.[0-9]{1,5}\.[0-9]{1,5}\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{224})/;
/** The bytes that decide whether there is an identity. */
const IDENTITY_BYTES = 300;

/** A value that is searched for. */
interface Wanted {
	readonly secrets: SecretName[] | null;
	/** The number of bytes before the end of its last occurrence. */
	end: number;
	/** How often it was found in this file. */
	count: number;
}

interface Needle {
	readonly wanted: Wanted;
	readonly form: Found["form"];
}

interface Occurrence extends Needle, Place {
	readonly length: number;
}

export interface SearchOptions {
	/** The most places that are listed for one value in one file. */
	readonly placesMax?: number;
	/** For tests: the size of the pieces. */
	readonly pieceBytes?: number;
}

export class Search {
	readonly #exact = new Needles<Needle>();
	readonly #folding = new Needles<Needle>();
	readonly #wanted: Wanted[] = [{ secrets: null, end: 0, count: 0 }];
	readonly #placesMax: number;
	readonly #overlap: number;
	readonly #memory: Buffer;
	readonly #folded: Folded;
	#cursor = new Cursor();
	/** The number of bytes of the file before the memory, and of bytes in the memory, searched and all. */
	#start = 0;
	#known = 0;
	#length = 0;
	#isText = true;
	#found: Found[] = [];
	#omitted = 0;

	/** @param secrets values that are too short or ordinary are ignored (`isSearchable`) */
	constructor(secrets: Iterable<LiveSecret>, { placesMax = 100, pieceBytes }: SearchOptions = {}) {
		const [identity] = this.#wanted;
		if (identity)
			for (const prefix of IDENTITY_PREFIXES) this.#exact.add(prefix, { wanted: identity, form: "identity" });
		const byValue = new Map<string, SecretName[]>();
		for (const { value, ...named } of secrets) {
			if (!isSearchable(value)) continue;
			const known = byValue.get(searchedPart(value));
			if (known) known.push(named);
			else byValue.set(searchedPart(value), [named]);
		}
		for (const [value, names] of byValue) this.#add(value, names);
		this.#placesMax = placesMax;
		this.#overlap = Math.max(IDENTITY_BYTES, this.#exact.longest) - 1;
		const longest = Math.max(this.#overlap, this.#folding.longest);
		const bytes = this.#overlap + (pieceBytes ?? Math.max(PIECE_BYTES, longest * PIECE_OVERLAPS));
		this.#memory = Buffer.allocUnsafeSlow(bytes);
		this.#folded = new Folded(Math.max(0, this.#folding.longest - 1), bytes);
	}

	#add(value: string, secrets: SecretName[]): void {
		const wanted = { secrets, end: 0, count: 0 };
		this.#wanted.push(wanted);
		const { exact, packed, unspaced } = encodingsOf(value);
		for (const [text, form] of exact) this.#exact.add(text, { wanted, form });
		for (const [text, form] of packed) this.#folding.add(text, { wanted, form });
		if (unspaced !== undefined) this.#folding.add(unspaced, { wanted, form: "other white space" });
	}

	/** Memory for the next bytes of the file: fill it from its beginning, and then call `advance`. */
	get room(): Buffer {
		return this.#memory.subarray(this.#length);
	}

	/** Takes the bytes that were put into `room`. */
	advance(count: number): void {
		this.#length += count;
		if (this.#length === this.#memory.length) this.#searchPiece(false);
	}

	/** Takes bytes of the file. */
	push(bytes: Buffer): void {
		for (let at = 0; at < bytes.length; ) {
			const count = bytes.copy(this.room, 0, at);
			at += count;
			this.advance(count);
		}
	}

	/** Ends the file. @returns what it contains. The next bytes belong to another file */
	end(): FoundInFile {
		this.#searchPiece(true);
		const result = { found: this.#found.sort((a, b) => a.offset - b.offset), omitted: this.#omitted };
		for (const wanted of this.#wanted) [wanted.end, wanted.count] = [0, 0];
		this.#cursor = new Cursor();
		this.#folded.reset();
		[this.#start, this.#known, this.#length, this.#omitted] = [0, 0, 0, 0];
		[this.#isText, this.#found] = [true, []];
		return result;
	}

	/** Searches one file that is in memory. */
	in(bytes: Buffer): FoundInFile {
		this.push(bytes);
		return this.end();
	}

	#searchPiece(isLast: boolean): void {
		const piece = this.#memory.subarray(0, this.#length);
		if (this.#start === 0) this.#isText = !piece.subarray(0, TEXT_BYTES).includes(0);
		const from = { piece, at: this.#known, start: this.#start };
		const occurrences = [...this.#exactIn(piece, isLast), ...this.#foldedIn(from)];
		// Of two at the same place, the longer one is shown.
		occurrences.sort((a, b) => a.offset - b.offset || b.length - a.length);
		for (const occurrence of occurrences) this.#note(occurrence);
		if (isLast) return;
		this.#folded.keep(from, this.#cursor.copy());
		// What is at the end may be the beginning of something.
		const kept = Math.min(this.#overlap, this.#length);
		const dropped = this.#length - kept;
		this.#cursor.moveTo(piece, dropped);
		this.#cursor.startPiece();
		this.#memory.copyWithin(0, dropped, this.#length);
		this.#start += dropped;
		[this.#known, this.#length] = [kept, kept];
	}

	#exactIn(piece: Buffer, isLast: boolean): Occurrence[] {
		const hits: (Needle & { at: number; length: number })[] = [];
		this.#exact.search(piece, ({ form, wanted }, at, length) => {
			const reach = form === "identity" ? IDENTITY_BYTES : length;
			if (at + reach <= this.#known || (at + reach > piece.length && !isLast)) return;
			if (form === "identity" && !IDENTITY.test(piece.toString("latin1", at, at + reach))) return;
			hits.push({ form, wanted, at, length });
		});
		if (hits.length === 0) return [];
		const cursor = this.#cursor.copy();
		return hits
			.sort((a, b) => a.at - b.at)
			.map((hit) => ({ ...hit, offset: this.#start + hit.at, ...cursor.moveTo(piece, hit.at) }));
	}

	#foldedIn(from: Piece): Occurrence[] {
		if (this.#folding.longest === 0) return [];
		const { known } = this.#folded;
		const hits: (Needle & { at: number; length: number })[] = [];
		this.#folding.search(this.#folded.take(from.piece, from.at), ({ form, wanted }, at, length) => {
			if (at + length > known) hits.push({ form, wanted, at, length });
		});
		if (hits.length === 0) return [];
		const sorted = hits.sort((a, b) => a.at - b.at);
		const indices = sorted.map(({ at }) => at);
		return this.#folded
			.placesOf(indices, from, this.#cursor.copy())
			.flatMap((place, index) => sorted.slice(index, index + 1).map((hit) => ({ ...hit, ...place })));
	}

	#note({ column, form, length, line, offset, wanted }: Occurrence): void {
		// The same text in two forms, such as JSON and a shell's quotes, is one finding.
		if (offset < wanted.end) return;
		wanted.end = offset + length;
		wanted.count++;
		if (wanted.count > this.#placesMax) {
			this.#omitted++;
			return;
		}
		const place = this.#isText ? { line, column } : { line: null, column: null };
		this.#found.push({ secrets: wanted.secrets, form, offset, ...place });
	}
}
