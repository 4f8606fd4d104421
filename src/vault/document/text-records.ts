/**
 * The records of a section whose text this device has parsed before. They stay text: a record is parsed when it is
 * used, and an edit replaces the text of the records that it changes. `parseVault` checks a text that is not known.
 */
import { formatRecord, type SealedRecord } from "../records/record.ts";
import { type ScannedRecord, scanRecord } from "../records/record-scanner.ts";
import { SortedText } from "../syntax/sorted-text.ts";
import { compareNames } from "../syntax/syntax.ts";

const FORM = { stop: "\n", terminator: "\n\n" } as const;
/** A record is its name, its second line and a blank line. */
const LINES_OF_RECORD = 3;
/**
 * The most records that are looked up one by one. A lookup takes as long as parsing some hundred records, because it
 * counts lines.
 */
const SINGLES_MAX = 16;

/**
 * The text that the records were read from. Tables that are edits of one text share it, and share the records that were
 * parsed.
 */
interface Source {
	/** The hash of the whole text, as the caller of `parseVault` gave it. */
	readonly digest: string;
	readonly entries: SortedText;
	/** 1-based line of the first record. */
	readonly line: number;
	readonly parsed: Map<string, SealedRecord>;
}

export class TextRecords implements ReadonlyMap<string, SealedRecord> {
	readonly #source: Source;
	readonly #changed: ReadonlyMap<string, SealedRecord>;
	#all: ReadonlyMap<string, SealedRecord> | undefined;

	private constructor(source: Source, changed: ReadonlyMap<string, SealedRecord>) {
		this.#source = source;
		this.#changed = changed;
	}

	/**
	 * @param place the range of the records in the text, which must be valid
	 * @param known.line 1-based line of the first record
	 * @param known.digest the hash of the whole text
	 */
	static of(
		text: string,
		place: { readonly start: number; readonly end: number },
		{ line, digest }: { readonly line: number; readonly digest: string },
	): TextRecords {
		const entries = new SortedText(text, place, FORM);
		return new TextRecords({ digest, entries, line, parsed: new Map() }, new Map());
	}

	/** The table with records added or replaced. */
	with(records: Iterable<SealedRecord>): TextRecords {
		const changed = new Map(this.#changed);
		for (const record of records) changed.set(record.name, record);
		return new TextRecords(this.#source, changed);
	}

	/**
	 * The records of this table that are not the same object in the other one; undefined unless both are edits of one
	 * text.
	 */
	changedSince(other: ReadonlyMap<string, SealedRecord>): SealedRecord[] | undefined {
		if (!(other instanceof TextRecords) || other.#source !== this.#source) return undefined;
		const names = new Set([...this.#changed.keys(), ...other.#changed.keys()]);
		return [...names].flatMap((name) => {
			const record = this.get(name);
			return record === undefined || record === other.get(name) ? [] : [record];
		});
	}

	/**
	 * The names whose records may differ from the text with this hash; undefined if the table is not an edit of that text.
	 */
	namesChangedFrom(digest: string): readonly string[] | undefined {
		return this.#source.digest === digest ? [...this.#changed.keys()] : undefined;
	}

	/** The text of all records, each with its blank line. */
	print(): string {
		const entries = [...this.#changed].map(([name, { body }]): [string, string] => [
			name,
			`${name}\n${body}\n\n`,
		]);
		return this.#source.entries.with(new Map(entries));
	}

	get(name: string): SealedRecord | undefined {
		return this.#all ? this.#all.get(name) : (this.#changed.get(name) ?? this.#parse(name));
	}

	#parse(name: string): SealedRecord | undefined {
		const { parsed, entries } = this.#source;
		const known = parsed.get(name);
		if (known) return known;
		if (parsed.size >= SINGLES_MAX) return this.#whole().get(name);
		const { start, end } = entries.find(name);
		return start === end ? undefined : this.#recordAt(start, entries.countBefore(start)).record;
	}

	#recordAt(start: number, index: number): ScannedRecord {
		const { entries, line, parsed } = this.#source;
		const scanned = scanRecord(entries.text, start, line + LINES_OF_RECORD * index);
		if (scanned === undefined) throw new TypeError("The text of the vault is not the one that was parsed.");
		const { name } = scanned.record;
		const record = parsed.get(name) ?? scanned.record;
		parsed.set(name, record);
		return { record, end: scanned.end };
	}

	has(name: string): boolean {
		return this.get(name) !== undefined;
	}

	get size(): number {
		if (this.#all) return this.#all.size;
		const { entries } = this.#source;
		const isAdded = (name: string) => entries.find(name).start === entries.find(name).end;
		return entries.count + [...this.#changed.keys()].filter(isAdded).length;
	}

	/** All records, sorted by name. */
	#whole(): ReadonlyMap<string, SealedRecord> {
		if (this.#all) return this.#all;
		const { entries } = this.#source;
		const all = new Map<string, SealedRecord>();
		for (let at = entries.start, index = 0; at < entries.end; index++) {
			const { record, end } = this.#recordAt(at, index);
			all.set(record.name, this.#changed.get(record.name) ?? record);
			at = end;
		}
		const added = [...this.#changed].filter(([name]) => !all.has(name));
		const sorted = () => [...all, ...added].sort(([a], [b]) => compareNames(a, b));
		this.#all = added.length > 0 ? new Map(sorted()) : all;
		return this.#all;
	}

	forEach(
		use: (record: SealedRecord, name: string, records: ReadonlyMap<string, SealedRecord>) => void,
	): void {
		for (const [name, record] of this.#whole()) use(record, name, this);
	}

	keys() {
		return this.#whole().keys();
	}

	values() {
		return this.#whole().values();
	}

	entries() {
		return this.#whole().entries();
	}

	[Symbol.iterator]() {
		return this.#whole()[Symbol.iterator]();
	}
}

/** Records in the order of their names. Ten thousand records are not sorted again if they are sorted already. */
function inOrder(records: ReadonlyMap<string, SealedRecord>): SealedRecord[] {
	const list = [...records.values()];
	const isSorted = list.every(({ name }, index) => index === 0 || (list[index - 1]?.name ?? "") < name);
	return isSorted ? list : list.sort((a, b) => compareNames(a.name, b.name));
}

/** The text of a section's records, each with its blank line. */
export function printRecords(records: ReadonlyMap<string, SealedRecord>): string {
	if (records instanceof TextRecords) return records.print();
	return inOrder(records)
		.map((record) => `${formatRecord(record)}\n\n`)
		.join("");
}
