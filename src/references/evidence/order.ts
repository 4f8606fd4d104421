/** The order in which references are reported: the same on every machine, whatever its locale. */

export interface Location {
	readonly file: string;
	readonly line: number;
}

/** Compares by UTF-16 code units. */
export function compareText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

/** Compares by file, then by line. */
export function compareLocations(a: Location, b: Location): number {
	return compareText(a.file, b.file) || a.line - b.line;
}
