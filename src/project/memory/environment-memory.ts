/** A device's memory of one environment, and its JSON form. */
import type { Pin, VersionMark } from "../../vault/document/version-marks.ts";
import type { LinkNote } from "../../vault/undo/link-note.ts";
import { MarkTable, printMarks } from "./mark-table.ts";

export interface EnvironmentMemory {
	pin: Pin | undefined;
	marks: Map<string, VersionMark>;
	/** What each pinned link changed, by the link's hash. */
	notes: Map<string, LinkNote>;
	/** The highest version of each name that ever had a version mark. It stays when the mark is forgotten. */
	floors: Map<string, number>;
}

/** A version mark in a file of version 0.1.0: `author` is an index into the list of authors, `made` is 1 or missing. */
export type MarkRow = [name: string, version: number, digest: string, author?: number, made?: 1];

/** The marks of a file: a table as text, or the rows that version 0.1.0 wrote. */
export function marksOf(marks: string | readonly MarkRow[], authors: readonly string[] = []): MarkTable {
	if (typeof marks === "string") return MarkTable.of({ table: marks, authors });
	const table = new MarkTable();
	for (const [name, version, digest, author, made] of marks)
		table.set(
			name,
			author === undefined
				? { version, digest }
				: { version, digest, author: authors[author], made: made === 1 },
		);
	return table;
}

export function memoryToJson({ pin, marks, notes, floors }: EnvironmentMemory): object {
	// A floor that is not above its mark adds nothing.
	const above = [...floors].filter(([name, version]) => version > (marks.get(name)?.version ?? 0));
	const { table, authors } = printMarks(marks);
	return {
		pin,
		authors,
		marks: table,
		...(notes.size > 0 ? { notes: [...notes.values()] } : {}),
		...(above.length > 0 ? { floors: above } : {}),
	};
}

interface MemoryJson {
	readonly pin?: Pin;
	readonly marks: string | MarkRow[];
	readonly authors?: string[];
	readonly notes?: LinkNote[];
	readonly floors?: [string, number][];
}

/** @param value made by `memoryToJson` of this version or an earlier one; undefined for an empty memory */
export function memoryFromJson(value: object | undefined): EnvironmentMemory {
	// The MAC proves that this program wrote the file, so its shape needs no check.
	const { pin, marks, authors = [], notes = [], floors = [] } = (value ?? { marks: [] }) as MemoryJson;
	return {
		pin,
		marks: marksOf(marks, authors),
		notes: new Map(notes.map((note) => [note.hash, note])),
		floors: new Map(floors),
	};
}
