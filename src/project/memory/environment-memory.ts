/** What a device remembers of one environment, and its JSON form. */
import type { Pin, VersionMark } from "../../vault/document/version-marks.ts";
import type { LinkNote } from "../../vault/undo/link-note.ts";

export interface EnvironmentMemory {
	pin: Pin | undefined;
	marks: Map<string, VersionMark>;
	/** What each pinned link changed, by the link's hash. */
	notes: Map<string, LinkNote>;
	/** The highest version of each name that ever had a version mark. It stays when the mark is forgotten. */
	floors: Map<string, number>;
}

/** A version mark as JSON: an array, because a secret's name must not be a key of a plain object. */
export type MarkRow = [name: string, version: number, digest: string];
/**
 * A device's own version mark: `author` is an index into the list of authors, and `made` is 1 if the record was
 * made here.
 */
type OwnMarkRow = [...MarkRow, author?: number, made?: 1];

export function rowsOf(marks: ReadonlyMap<string, VersionMark>): MarkRow[] {
	return [...marks].map(([name, mark]) => [name, mark.version, mark.digest]);
}

function ownRowsOf(marks: ReadonlyMap<string, VersionMark>): { authors: string[]; marks: OwnMarkRow[] } {
	const places = new Map<string, number>();
	const placeOf = (author: string): number => {
		const place = places.get(author) ?? places.size;
		places.set(author, place);
		return place;
	};
	const rows = [...marks].map(([name, { version, digest, author, made }]): OwnMarkRow => {
		if (author === undefined) return [name, version, digest];
		return made ? [name, version, digest, placeOf(author), 1] : [name, version, digest, placeOf(author)];
	});
	return { authors: [...places.keys()], marks: rows };
}

export function marksOf(rows: readonly MarkRow[]): Map<string, VersionMark> {
	return new Map(rows.map(([name, version, digest]) => [name, { version, digest }]));
}

function ownMarksOf(rows: readonly OwnMarkRow[], authors: readonly string[]): Map<string, VersionMark> {
	return new Map(
		rows.map(([name, version, digest, place, made]) => {
			const author = place === undefined ? undefined : authors[place];
			return [name, { version, digest, author, made: made === 1 }];
		}),
	);
}

export function memoryToJson({ pin, marks, notes, floors }: EnvironmentMemory): object {
	// A floor that is not above its mark adds nothing.
	const above = [...floors].filter(([name, version]) => version > (marks.get(name)?.version ?? 0));
	return {
		pin,
		...ownRowsOf(marks),
		...(notes.size > 0 ? { notes: [...notes.values()] } : {}),
		...(above.length > 0 ? { floors: above } : {}),
	};
}

interface MemoryJson {
	readonly pin?: Pin;
	readonly marks: OwnMarkRow[];
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
		marks: ownMarksOf(marks, authors),
		notes: new Map(notes.map((note) => [note.hash, note])),
		floors: new Map(floors),
	};
}
