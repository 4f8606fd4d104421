/**
 * Version marks by name, in the form of a memory file. They stay text until all of them are needed: a command that
 * changes one of ten thousand secrets reads and replaces one mark.
 */
import type { VersionMark } from "../../vault/document/version-marks.ts";
import { SortedText } from "../../vault/syntax/sorted-text.ts";
import { compareNames } from "../../vault/syntax/syntax.ts";

/** An entry is `NAME VERSION DIGEST;`, then with an author `NAME VERSION DIGEST AUTHOR;`, and `1` if it was made here. */
const FORM = { stop: " ", terminator: ";" } as const;

/** The marks of a file: entries that are sorted by name, and the authors that they name by index. */
export interface MarkText {
	readonly table: string;
	readonly authors: readonly string[];
}

function parseMark(entry: string, authors: readonly string[]): [name: string, mark: VersionMark] {
	const [name = "", version, digest = "", author, made] = entry.split(FORM.stop);
	const known = { version: Number(version), digest };
	if (author === undefined) return [name, known];
	return [name, { ...known, author: authors[Number(author)], made: made === "1" }];
}

export class MarkTable extends Map<string, VersionMark> {
	#text: SortedText | undefined;
	/** The names whose marks differ from the text. */
	readonly #changed = new Set<string>();
	readonly #authors: string[] = [];

	/** The marks of a text that `print` returned. */
	static of({ table, authors }: MarkText): MarkTable {
		const marks = new MarkTable();
		marks.#text = new SortedText(table, { start: 0, end: table.length }, FORM);
		marks.#authors.push(...authors);
		return marks;
	}

	override get(name: string): VersionMark | undefined {
		const known = super.get(name);
		if (known || !this.#text) return known;
		const { start, end } = this.#text.find(name);
		if (start === end) return undefined;
		const [, mark] = parseMark(this.#text.text.slice(start, end - FORM.terminator.length), this.#authors);
		super.set(name, mark);
		return mark;
	}

	override set(name: string, mark: VersionMark): this {
		this.#changed.add(name);
		return super.set(name, mark);
	}

	override has(name: string): boolean {
		return this.get(name) !== undefined;
	}

	override delete(name: string): boolean {
		this.#load();
		return super.delete(name);
	}

	override clear(): void {
		this.#text = undefined;
		super.clear();
	}

	/** Parses all marks, and drops the text. */
	#load(): this {
		const text = this.#text;
		if (!text) return this;
		this.#text = undefined;
		const changed = [...this.#changed].map((name): [string, VersionMark | undefined] => [
			name,
			super.get(name),
		]);
		super.clear();
		const entries = text.text.split(FORM.terminator).slice(0, -1);
		for (const entry of entries) super.set(...parseMark(entry, this.#authors));
		for (const [name, mark] of changed) if (mark) super.set(name, mark);
		return this;
	}

	/** The marks as text: the entries that changed replace those of the text that was read. */
	print(): MarkText {
		const text = this.#text;
		const entry = (name: string, mark: VersionMark) => this.#entryOf(name, mark);
		if (text) {
			const changed = [...this.#changed].map((name): [string, string] => {
				const mark = super.get(name);
				return [name, mark ? entry(name, mark) : ""];
			});
			return { table: text.with(new Map(changed)), authors: this.#authors };
		}
		const sorted = [...super.entries()].sort(([a], [b]) => compareNames(a, b));
		return { table: sorted.map(([name, mark]) => entry(name, mark)).join(""), authors: this.#authors };
	}

	#entryOf(name: string, { version, digest, author, made }: VersionMark): string {
		const words = [name, version, digest];
		if (author !== undefined) words.push(this.#indexOf(author), ...(made ? [1] : []));
		return words.join(FORM.stop) + FORM.terminator;
	}

	#indexOf(author: string): number {
		const index = this.#authors.indexOf(author);
		return index >= 0 ? index : this.#authors.push(author) - 1;
	}

	override get size(): number {
		this.#load();
		return super.size;
	}

	override forEach(...args: Parameters<Map<string, VersionMark>["forEach"]>): void {
		this.#load();
		super.forEach(...args);
	}

	override keys() {
		this.#load();
		return super.keys();
	}

	override values() {
		this.#load();
		return super.values();
	}

	override entries() {
		this.#load();
		return super.entries();
	}

	override [Symbol.iterator]() {
		this.#load();
		return super[Symbol.iterator]();
	}
}

/** An independent copy. Does not parse a table that is still text. */
export function copyMarks(marks: ReadonlyMap<string, VersionMark>): MarkTable {
	const copy = new MarkTable();
	if (marks instanceof MarkTable) return MarkTable.of(marks.print());
	for (const [name, mark] of marks) copy.set(name, mark);
	return copy;
}

/** Marks as text. */
export function printMarks(marks: ReadonlyMap<string, VersionMark>): MarkText {
	return (marks instanceof MarkTable ? marks : copyMarks(marks)).print();
}
