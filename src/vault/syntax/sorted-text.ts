/**
 * Entries in a text that are sorted by their keys. An entry begins with its key and a character that no key has, and
 * ends with a terminator that occurs nowhere else in an entry. Entries are found by bisection, so a text of ten
 * thousand entries is never split.
 */
import { compareNames } from "./syntax.ts";

export interface SortedTextForm {
	/** The character after the key. */
	readonly stop: string;
	readonly terminator: string;
}

/**
 * The range of an entry in the text, from its key to the end of its terminator. For an absent key: the empty range at
 * which it would be inserted.
 */
export interface EntryRange {
	readonly start: number;
	readonly end: number;
}

export class SortedText {
	readonly text: string;
	readonly start: number;
	readonly end: number;
	readonly #form: SortedTextForm;
	#count: number | undefined;

	/** @param start where the first entry begins @param end where the terminator of the last one ends */
	constructor(text: string, { start, end }: EntryRange, form: SortedTextForm) {
		this.text = text;
		this.start = start;
		this.end = end;
		this.#form = form;
	}

	/** The range of the entry with a key; an empty range if the key is absent. */
	find(key: string): EntryRange {
		const { stop, terminator } = this.#form;
		let [low, high] = [this.start, this.end];
		while (low < high) {
			const middle = (low + high) >> 1;
			const before = this.text.lastIndexOf(terminator, middle - terminator.length);
			const start = before < 0 ? low : Math.max(low, before + terminator.length);
			const end = this.text.indexOf(terminator, start) + terminator.length;
			const order = compareNames(key, this.text.slice(start, this.text.indexOf(stop, start)));
			if (order === 0) return { start, end };
			if (order < 0) high = start;
			else low = end;
		}
		return { start: low, end: low };
	}

	/** The number of entries. */
	get count(): number {
		this.#count ??= this.countBefore(this.end);
		return this.#count;
	}

	/** The number of entries before an offset in the text. */
	countBefore(place: number): number {
		const { terminator } = this.#form;
		let count = 0;
		for (let at = this.start; at < place; count++) at = this.text.indexOf(terminator, at) + terminator.length;
		return count;
	}

	/**
	 * The text of all entries with some replaced or added.
	 * @param entries the whole text of each, with its terminator, by key
	 */
	with(entries: ReadonlyMap<string, string>): string {
		const parts: string[] = [];
		let at = this.start;
		for (const [key, entry] of [...entries].sort(([a], [b]) => compareNames(a, b))) {
			const { start, end } = this.find(key);
			parts.push(this.text.slice(at, start), entry);
			at = end;
		}
		parts.push(this.text.slice(at, this.end));
		return parts.join("");
	}
}
