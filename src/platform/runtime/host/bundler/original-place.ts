/** Finds places in sources that Deno has translated to JavaScript. Pure. */

interface Place {
	/** Counts from 1. */
	readonly line: number;
	/** Counts from 0. */
	readonly column: number;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers of a segment of a source map. */
function numbersOf(segment: string): number[] {
	const numbers: number[] = [];
	let value = 0;
	let shift = 0;
	for (const letter of segment) {
		const digit = DIGITS.indexOf(letter);
		value += (digit & 31) << shift;
		shift += 5;
		if (digit >= 32) continue;
		numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
		value = 0;
		shift = 0;
	}
	return numbers;
}

/**
 * The place in the source.
 * @param code the translated code, with its source map in the last comment
 * @returns undefined if the code has no source map, or the map does not have the place
 */
export function originalPlace(code: string, { line, column }: Place): Place | undefined {
	const encoded = /\/\/# sourceMappingURL=data:[^,\n]*;base64,(\S+)\s*$/.exec(code)?.[1];
	if (encoded === undefined) return undefined;
	const { mappings } = JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(encoded))) as {
		readonly mappings: string;
	};
	const lines = mappings.split(";").map((segments) => (segments === "" ? [] : segments.split(",")));
	let found: Place | undefined;
	const original = { line: 1, column: 0 };
	for (const [index, segments] of lines.slice(0, line).entries()) {
		let start = 0;
		for (const segment of segments) {
			const [columns = 0, , lines = 0, originalColumns = 0] = numbersOf(segment);
			start += columns;
			original.line += lines;
			original.column += originalColumns;
			if (index === line - 1 && start <= column) found = { ...original };
		}
	}
	return found;
}
