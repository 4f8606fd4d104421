/** Bundles whose lines come from given files, for tests of dependencies. */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function vlq(value: number): string {
	let rest = value < 0 ? (-value << 1) | 1 : value << 1;
	let text = "";
	do {
		text += DIGITS[(rest & 31) | (rest > 31 ? 32 : 0)];
		rest >>>= 5;
	} while (rest > 0);
	return text;
}

/** A bundle in which each line maps to a source and a 1-based line of it. `""` is a line without a mapping. */
export function bundle(lines: readonly (readonly [source: string, line: number, code: string])[]) {
	const sources = [...new Set(lines.map(([source]) => source).filter((source) => source !== ""))];
	let previous = { source: 0, line: 0 };
	const mappings = lines.map(([source, line]) => {
		if (source === "") return "";
		const next = { source: sources.indexOf(source), line: line - 1 };
		const text = vlq(0) + vlq(next.source - previous.source) + vlq(next.line - previous.line) + vlq(0);
		previous = next;
		return text;
	});
	return {
		code: lines.map(([, , code]) => code).join("\n"),
		sourceMap: JSON.stringify({ version: 3, sources, names: [], mappings: mappings.join(";") }),
	};
}
