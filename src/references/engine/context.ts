/** Calling contexts, which make the analysis context-sensitive. */

/**
 * For each function that a value passed through, the call by which it entered. Loops count as functions and
 * their elements as calls (`iteration-context.ts`).
 */
export interface Context {
	readonly key: string;
	readonly entries: readonly (readonly [fn: number, call: number])[];
}

export const NO_CONTEXT: Context = { key: "", entries: [] };
/**
 * The most entries of a context; the oldest are dropped. Fewer entries make the result less precise, never
 * wrong.
 */
const ENTRIES_MAX = 4;

function contextOf(entries: readonly (readonly [number, number])[]): Context {
	if (entries.length === 0) return NO_CONTEXT;
	const kept = entries.length > ENTRIES_MAX ? entries.slice(entries.length - ENTRIES_MAX) : entries;
	const sorted = [...kept].sort((a, b) => a[0] - b[0]);
	return { key: sorted.map(([fn, call]) => `${fn}:${call}`).join(), entries: kept };
}

/** The call by which a value entered a function; undefined where the context does not say. */
export function callInto(context: Context, fn: number): number | undefined {
	for (const entry of context.entries) if (entry[0] === fn) return entry[1];
	return undefined;
}

/** The context with one entry added or replaced. */
export function withCall(context: Context, fn: number, call: number): Context {
	return contextOf([...context.entries.filter((entry) => entry[0] !== fn), [fn, call]]);
}

/** The context without the entry of a function. */
export function withoutCall(context: Context, fn: number): Context {
	if (callInto(context, fn) === undefined) return context;
	return contextOf(context.entries.filter((entry) => entry[0] !== fn));
}

/**
 * Combines two contexts.
 * @returns undefined where they entered one function by different calls: values of such contexts never meet
 * at run time
 */
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
