/** For each function that the value went through, the call that it went in by. */

export interface Context {
	readonly key: string;
	readonly entries: readonly (readonly [fn: number, call: number])[];
}

export const NO_CONTEXT: Context = { key: "", entries: [] };
/** How many calls a context remembers. Fewer entries are less exact, never wrong. */
const ENTRIES_MAX = 4;
function contextOf(entries: readonly (readonly [number, number])[]): Context {
	if (entries.length === 0) return NO_CONTEXT;
	const kept = entries.length > ENTRIES_MAX ? entries.slice(entries.length - ENTRIES_MAX) : entries;
	const sorted = [...kept].sort((a, b) => a[0] - b[0]);
	return { key: sorted.map(([fn, call]) => `${fn}:${call}`).join(), entries: kept };
}

/** The call by which a context went into a function. */
export function callInto(context: Context, fn: number): number | undefined {
	for (const entry of context.entries) if (entry[0] === fn) return entry[1];
	return undefined;
}

export function withCall(context: Context, fn: number, call: number): Context {
	return contextOf([...context.entries.filter((entry) => entry[0] !== fn), [fn, call]]);
}

export function withoutCall(context: Context, fn: number): Context {
	if (callInto(context, fn) === undefined) return context;
	return contextOf(context.entries.filter((entry) => entry[0] !== fn));
}

/** Both contexts together, or undefined where they went into one function by different calls. */
export function unify(a: Context, b: Context): Context | undefined {
	if (a.entries.length === 0 || a.key === b.key) return b;
	if (b.entries.length === 0) return a;
	const added: (readonly [number, number])[] = [];
	for (const entry of b.entries) {
		const other = callInto(a, entry[0]);
		if (other === undefined) added.push(entry);
		else if (other !== entry[1]) return undefined;
	}
	return added.length === 0 ? a : contextOf([...a.entries, ...added]);
}
