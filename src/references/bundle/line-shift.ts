/**
 * The number of lines by which a source map is ahead of its bundle.
 *
 * `deno bundle` replaces esbuild's `require` helper by a shorter one after it has made the map. The map is then some
 * lines off for every line below the helper. Two sources give the start of each module: esbuild's `// path` comments
 * and the map. The shift is the distance at which they agree.
 */

import { MappingsReader } from "./mappings-reader.ts";

const REPLACED_HELPER = "__deno_internal_createRequire";
const SHIFT_MAX = 12;
/** The difference between the two helpers in Deno 2.9, for a bundle in which no module tells it. */
const USUAL_SHIFT = 3;
/** The most modules that are compared. A few hundred are enough, since all have the same shift. */
const MODULES_MAX = 400;
/** A wrapped module begins with lines that the map does not mention. An import of a CommonJS module is mentioned. */
const WRAPPED_MODULE = /^var \w+ = (?:__(?!toESM\()\w+\(|\{\};)/;
/** An import that stays, on one line or on several. The map may not mention it. */
const IMPORT = /^import [^;]*;\n/;

/**
 * @param code the bundle
 * @param sources the `sources` of the map
 * @param firstSources for each line of the map, the index of the source of its first segment, or -1
 * @returns 0 if the bundle does not have the replaced helper; else the shift on which most modules agree
 */
export function lineShift(
	code: string,
	sources: readonly (string | null)[],
	firstSources: readonly number[],
): number {
	if (!code.includes(REPLACED_HELPER)) return 0;
	const votes = new Array<number>(SHIFT_MAX + 1).fill(0);
	for (const { path, line } of moduleStarts(code)) {
		for (let shift = 0; shift <= SHIFT_MAX; shift++) {
			if (startsAt(path, line + shift, sources, firstSources)) votes[shift] = (votes[shift] ?? 0) + 1;
		}
	}
	const best = Math.max(...votes);
	return best === 0 ? USUAL_SHIFT : votes.lastIndexOf(best);
}

/**
 * The map of a bundle, in which each line is that of the code: for programs that know nothing of the shift, such as V8,
 * which translates the stacks of errors with it.
 * @param json the map as the bundler wrote it
 */
export function alignedMap(code: string, json: string): string {
	if (!code.includes(REPLACED_HELPER)) return json;
	const map = JSON.parse(json) as { sources: (string | null)[]; mappings: string };
	const reader = new MappingsReader(map.mappings);
	const firstSources: number[] = [];
	for (let more = true; more; ) {
		more = reader.line();
		firstSources.push(reader.first);
	}
	const ahead = ";".repeat(lineShift(code, map.sources, firstSources));
	// Esbuild's helpers are the first lines, and the map does not mention them.
	if (!map.mappings.startsWith(ahead)) return json;
	return JSON.stringify({ ...map, mappings: map.mappings.slice(ahead.length) });
}

/** The most characters of the imports at the start of a module. */
const IMPORTS_MAX = 10_000;

/** The first statement of a module below its imports, and how many lines these have. */
function firstStatement(code: string, start: number): { statement: string; imports: number } {
	let rest = code.slice(start, start + IMPORTS_MAX);
	let imports = 0;
	for (let found = IMPORT.exec(rest); found; found = IMPORT.exec(rest)) {
		rest = rest.slice(found[0].length);
		imports += found[0].split("\n").length - 1;
	}
	return { statement: rest.slice(0, 200), imports };
}

/** The modules of a bundle: the path in the comment, and the 0-based number of the line of the first statement. */
function* moduleStarts(code: string): Generator<{ path: string; line: number }> {
	let line = 0;
	let found = 0;
	for (let start = 0; start >= 0 && start < code.length && found < MODULES_MAX; line++) {
		const end = code.indexOf("\n", start);
		if (end < 0) return;
		if (code.startsWith("// ", start)) {
			const { imports, statement } = firstStatement(code, end + 1);
			// A module that only imports has no statement of its own.
			if (statement.trim() !== "" && !statement.startsWith("\n") && !WRAPPED_MODULE.test(statement)) {
				found++;
				yield { path: code.slice(start + 3, end), line: line + 1 + imports };
			}
		}
		start = end + 1;
	}
}

/**
 * Whether the map says that a module begins at a line: the line belongs to it, and the one before does not.
 */
function startsAt(
	path: string,
	line: number,
	sources: readonly (string | null)[],
	firstSources: readonly number[],
): boolean {
	const own = (index: number) => baseName(sources[index] ?? "") === baseName(path);
	let before = line - 1;
	while (before > 0 && firstSources[before] === -1) before--;
	let after = line;
	while (after < firstSources.length && firstSources[after] === -1) after++;
	const first = firstSources[after];
	if (first === undefined || !own(first)) return false;
	return firstSources[before] === undefined || firstSources[before] === -1 || firstSources[before] !== first;
}

function baseName(path: string): string {
	return path.slice(path.lastIndexOf("/") + 1);
}
