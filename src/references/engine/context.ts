/**
 * Contexts, which make the analysis context-sensitive. An entry of a context names a scope, which is a part of
 * the code that runs many times, and one call of it. There are two kinds of entries:
 *
 * - *Current* entries identify the call in which a value exists: the call by which it entered the function. Two values
 *   whose current entries differ never exist at the same time. Loops count as functions, and their elements as calls
 *   (`iteration-context.ts`).
 * - *Origins* identify the call of a function in which an object was created (`origins.ts`). Two objects of different
 *   origins can exist at the same time.
 */

/** A function, loop or call that runs its parts many times. */
export interface Scope {
	readonly id: number;
	/** Offsets in the bundle. */
	readonly start: number;
	readonly end: number;
}

export interface Entry {
	readonly scope: Scope;
	readonly call: number;
	readonly isOrigin: boolean;
}

export interface Context {
	readonly key: string;
	readonly entries: readonly Entry[];
	/**
	 * Whether an object may come from another call of the scopes around it: it was read from a property or from a
	 * variable that outlives the call.
	 */
	readonly isKept: boolean;
}

export const NO_CONTEXT: Context = { key: "", entries: [], isKept: false };
export const KEPT: Context = { key: "~", entries: [], isKept: true };
/**
 * The most entries of a context; the oldest are dropped. Fewer entries make the result less precise, never
 * wrong.
 */
const ENTRIES_MAX = 5;

function keyOf({ scope, call, isOrigin }: Entry): string {
	return isOrigin ? `-${scope.id}:${call}` : `${scope.id}:${call}`;
}

export function contextOf(entries: readonly Entry[], isKept: boolean): Context {
	if (entries.length === 0) return isKept ? KEPT : NO_CONTEXT;
	const from = Math.max(0, entries.length - ENTRIES_MAX);
	// An object that loses an origin may come from any call.
	const isNowKept = isKept || entries.slice(0, from).some(({ isOrigin }) => isOrigin);
	const left = from === 0 ? entries : entries.slice(from);
	const key = left.length === 1 ? keyOf(left[0] as Entry) : left.map(keyOf).sort().join();
	return { key: isNowKept ? `${key}~` : key, entries: left, isKept: isNowKept };
}

/** The call that an entry names; undefined if the context has no such entry. */
export function callInto(context: Context, scope: number, isOrigin = false): number | undefined {
	for (const entry of context.entries)
		if (entry.scope.id === scope && entry.isOrigin === isOrigin) return entry.call;
	return undefined;
}

/** The context with one current entry added or replaced. */
export function withCall(context: Context, scope: Scope, call: number): Context {
	const others = context.entries.filter((entry) => entry.isOrigin || entry.scope.id !== scope.id);
	return contextOf([...others, { scope, call, isOrigin: false }], context.isKept);
}

/** The context without the current entry of a scope. */
export function withoutCall(context: Context, scope: number): Context {
	if (callInto(context, scope) === undefined) return context;
	const others = context.entries.filter((entry) => entry.isOrigin || entry.scope.id !== scope);
	return contextOf(others, context.isKept);
}

/**
 * Combines the context of a value with that of another value.
 * @returns the context of the first value, with the current entries of both; undefined if they entered one
 * scope by different calls: such values never meet at run time
 */
export function unify(a: Context, b: Context): Context | undefined {
	if (b.entries.length === 0 || a.key === b.key) return a;
	const added: Entry[] = [];
	for (const entry of b.entries) {
		if (entry.isOrigin) continue;
		const other = callInto(a, entry.scope.id);
		if (other === undefined) added.push(entry);
		else if (other !== entry.call) return undefined;
	}
	return added.length === 0 ? a : contextOf([...a.entries, ...added], a.isKept);
}

/**
 * Combines the contexts of two values that are read from one object.
 * @returns undefined also where their origins differ
 */
export function unifyOfHolder(a: Context, b: Context): Context | undefined {
	const unified = unify(a, b);
	if (unified === undefined || b.entries.length === 0) return unified;
	const added: Entry[] = [];
	for (const entry of b.entries) {
		if (!entry.isOrigin) continue;
		const other = callInto(a, entry.scope.id, true);
		if (other === undefined) added.push(entry);
		else if (other !== entry.call) return undefined;
	}
	return added.length === 0 ? unified : contextOf([...unified.entries, ...added], unified.isKept);
}
