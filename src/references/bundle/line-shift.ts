/**
 * The number of lines by which a source map is ahead of its bundle.
 *
 * `deno bundle` replaces esbuild's `require` helper by a shorter one after it has made the map. The map is then some
 * lines off for every line below the helper. Two sources give the start of each module: esbuild's `// path` comments
 * and the map. The shift is the distance at which they agree.
 */

const REPLACED_HELPER = "__deno_internal_createRequire";
const SHIFT_MAX = 12;
/** The most modules that are compared. A few hundred are enough, since all have the same shift. */
const MODULES_MAX = 400;
/** A wrapped module begins with lines that the map does not mention. */
const WRAPPED_MODULE = /^import |^var \w+ = (?:__\w+\(|\{\};)/;

/**
 * @param code the bundle
 * @param sources the `sources` of the map
 * @param firstSources for each line of the map, the index of the source of its first segment, or -1
 * @returns 0 unless the bundle has the replaced helper and modules agree on a shift
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
	return best === 0 ? 0 : votes.lastIndexOf(best);
}

/** The modules of a bundle: the path in the comment, and the 0-based number of the line below it. */
function* moduleStarts(code: string): Generator<{ path: string; line: number }> {
	let line = 0;
	let found = 0;
	for (let start = 0; start >= 0 && start < code.length && found < MODULES_MAX; line++) {
		const end = code.indexOf("\n", start);
		if (end < 0) return;
		if (code.startsWith("// ", start) && !WRAPPED_MODULE.test(code.slice(end + 1, end + 200))) {
			found++;
			yield { path: code.slice(start + 3, end), line: line + 1 };
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
