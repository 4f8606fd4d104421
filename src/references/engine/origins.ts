/**
 * Origins: the call of a function in which an object was created.
 *
 * Each call of `make = (key) => ({ key })` creates another object, and one abstract object stands for all of them. The
 * value of the property `key` has a current entry for `make`, like its parameter. An object that leaves `make` gets the
 * call as its origin. A read of its property then returns only the values that were stored in that call.
 *
 * An object without an origin belongs to the call that created it, unless its context is kept. Only then may its
 * contents keep their current entries.
 */
import { isFunction, type Node } from "../bundle/syntax.ts";
import {
	type Context,
	callInto,
	contextOf,
	type Entry,
	KEPT,
	NO_CONTEXT,
	unify,
	withoutCall,
} from "./context.ts";
import { makeValue, type ObjectValue, type Value, withContext } from "./values.ts";

interface Range {
	readonly start: number;
	readonly end: number;
}

/** Whether one part of the code lies within another one, or is the same. */
export function contains(outer: Range, inner: Range): boolean {
	return inner.start >= outer.start && inner.end <= outer.end;
}

/** The innermost part of the code around a node that runs many times; null for code that runs once. */
function scopeAround(node: Node): Node | null {
	let scope = node.parent;
	while (scope !== undefined && !isRepeatedPart(scope)) scope = scope.parent;
	return scope ?? null;
}

/** Whether a node runs once for each object that another node creates. */
export function isCreatedWith(node: Node, creation: Node): boolean {
	return scopeAround(node) === scopeAround(creation);
}

const REPEATED = new Set([
	"ForStatement",
	"ForInStatement",
	"ForOfStatement",
	"WhileStatement",
	"DoWhileStatement",
	"PropertyDefinition",
]);

function isRepeatedPart(node: Node): boolean {
	return isFunction(node) || REPEATED.has(node.type);
}

/** The same, for an object of which each call of the code around creates another one. */
function scopedCreationOf(value: Value): Node | undefined {
	if (value.kind !== "object" && value.kind !== "method") return undefined;
	const node = creationOf(value);
	return node === undefined || creationScope(value) === null ? undefined : node;
}

/** The innermost scope of which each call creates another object. Each call of a generator creates an iterator. */
function creationScope(value: Value): Node | null {
	if (value.kind === "method") return creationScope(value.receiver);
	if (value.kind !== "object") return null;
	const { kind, node } = value.object;
	return kind === "array" && isFunction(node) ? node : scopeAround(node);
}

/** The node that created the object that a value is, or to which a built-in method belongs. */
function creationOf(value: Value): Node | undefined {
	if (value.kind === "object") return value.object.node;
	return value.kind === "method" ? creationOf(value.receiver) : undefined;
}

const hasOrigins = (context: Context) => context.entries.some(({ isOrigin }) => isOrigin);

/** Whether an object or function of a context is used in the call of a scope that created it. */
function isCurrent(scope: Range, holder: Context): boolean {
	if (holder.isKept) return false;
	return holder.entries.every(
		(entry) => !entry.isOrigin || (contains(scope, entry.scope) && !contains(entry.scope, scope)),
	);
}

/** A value with the contexts of itself and of the object that its method belongs to. */
function withIdentity(value: Value, context: Context): Value {
	if (value.kind !== "method" || creationOf(value) === undefined) return withContext(value, context);
	return makeValue({ ...value, receiver: withIdentity(value.receiver, context) }, context, value.reportAt);
}

/** A value that outlives the call to which it belonged. */
export function keep(value: Value): Value {
	if (scopedCreationOf(value) === undefined) return withIdentity(value, NO_CONTEXT);
	return withIdentity(
		value,
		contextOf(
			value.context.entries.filter(({ isOrigin }) => isOrigin),
			true,
		),
	);
}

/** A value that leaves one iteration of a loop. */
export function leaveIteration(value: Value, loop: number): Value {
	const isKept = value.context.isKept || scopedCreationOf(value) !== undefined;
	return withIdentity(value, contextOf(withoutCall(value.context, loop).entries, isKept));
}

/** A value without its context. */
export function withoutContext(value: Value): Value {
	return withIdentity(value, scopedCreationOf(value) === undefined ? NO_CONTEXT : KEPT);
}

/**
 * A stored value, as a read of the object returns it.
 * @returns undefined if the value was stored in an object of another origin
 */
export function readFrom(holder: ObjectValue, stored: Value): Value | undefined {
	const node = scopedCreationOf(stored);
	if (node === undefined && stored.context === NO_CONTEXT && holder.context.entries.length === 0)
		return stored;
	const entries: Entry[] = [];
	for (const entry of stored.context.entries) {
		if (entry.isOrigin) {
			if (node !== undefined) entries.push(entry);
			continue;
		}
		if (isCurrent(entry.scope, holder.context) && !contains(holder.object.node, entry.scope)) {
			entries.push(entry);
			continue;
		}
		const origin = callInto(holder.context, entry.scope.id, true);
		if (origin !== undefined && origin !== entry.call) return undefined;
		if (node === undefined) entries.push({ ...entry, isOrigin: true });
	}
	const own = node === undefined ? contextOf(entries, false) : identityOf(holder, node, entries, stored);
	const context = unify(own, holder.context);
	return context === undefined ? undefined : withIdentity(stored, context);
}

/** The context of an object that another one holds. Objects that are created together have the same origins. */
function identityOf(holder: ObjectValue, node: Node, entries: readonly Entry[], stored: Value): Context {
	const scope = creationScope(stored) as Node;
	if (stored.context.isKept || hasOrigins(stored.context) || !contains(scope, holder.object.node))
		return contextOf(entries, true);
	const origins = holder.context.entries.filter((entry) => entry.isOrigin && contains(entry.scope, node));
	return contextOf([...origins, ...entries], holder.context.isKept);
}

/** A value as it is stored in an object. Only the entries that identify the call that created the object are kept. */
export function storedIn(holder: ObjectValue, value: Value): Value | undefined {
	const { object, context } = holder;
	if (unify(value.context, context) === undefined) return undefined;
	const node = scopedCreationOf(value);
	if (node === undefined && value.context.entries.length === 0 && context.entries.length === 0) return value;
	const entries: Entry[] = [];
	const add = (entry: Entry) => {
		if (!entries.some(({ scope, isOrigin }) => scope.id === entry.scope.id && isOrigin === entry.isOrigin))
			entries.push(entry);
	};
	for (const entry of context.entries) if (entry.isOrigin) add({ ...entry, isOrigin: false });
	for (const entry of [...value.context.entries, ...context.entries.filter(({ isOrigin }) => !isOrigin)]) {
		if (entry.isOrigin) {
			if (node !== undefined) add(entry);
		} else if (contains(entry.scope, object.node) && isCurrent(entry.scope, context)) add(entry);
	}
	const isFromElsewhere = node !== undefined && !isFresh(context);
	return withIdentity(value, contextOf(entries, value.context.isKept || isFromElsewhere));
}

/** Whether an object of a context is used in the call that created it. */
function isFresh(context: Context): boolean {
	return !context.isKept && !hasOrigins(context);
}

/**
 * An argument in the context of the called function, without the entry of the call.
 * @param callee the context of the function that is called
 */
export function enter(value: Value, fn: Node, scope: number, callee: Context): Value | undefined {
	const node = scopedCreationOf(value);
	if (node === undefined && value.context.entries.length === 0 && callee.entries.length === 0) return value;
	const entries = value.context.entries.filter((entry) => {
		if (entry.isOrigin) return node !== undefined;
		return entry.scope.id !== scope && (!contains(entry.scope, fn) || isCurrent(entry.scope, callee));
	});
	let { isKept } = value.context;
	if (node !== undefined && !isKept) {
		const isOfOtherCall = contains(fn, node) && callInto(value.context, scope, true) === undefined;
		isKept = isOfOtherCall || (!isFresh(callee) && contains(creationScope(value) as Node, fn));
	}
	const around = callee.entries.flatMap((entry) => {
		if (entry.isOrigin) return contains(entry.scope, fn) ? [{ ...entry, isOrigin: false }] : [];
		return contains(entry.scope, fn) && !isCurrent(entry.scope, callee) ? [] : [entry];
	});
	const context = unify(contextOf(entries, isKept), contextOf(around, false));
	return context === undefined ? undefined : withIdentity(value, context);
}

/**
 * A result in the caller's context.
 * @param site the call, as the origin of objects that the function creates
 * @param callee the context of the function that is called
 * @returns undefined if the value entered the function by another call
 */
export function leave(value: Value, fn: Node, site: Entry, callee: Context): Value | undefined {
	const node = scopedCreationOf(value);
	if (node === undefined && value.context.entries.length === 0 && callee.entries.length === 0) return value;
	const entries: Entry[] = [];
	for (const entry of value.context.entries) {
		if (entry.isOrigin) {
			if (node !== undefined) entries.push(entry);
		} else if (entry.scope.id === site.scope.id) {
			if (entry.call !== site.call) return undefined;
		} else if (contains(entry.scope, fn) && !isCurrent(entry.scope, callee)) {
			const origin = callInto(callee, entry.scope.id, true);
			if (origin !== undefined && origin !== entry.call) return undefined;
		} else if (!contains(fn, entry.scope)) entries.push(entry);
	}
	const own =
		node === undefined
			? contextOf(entries, false)
			: originAfter(value, fn, site, callee, contextOf(entries, value.context.isKept));
	const context = unify(own, callee);
	return context === undefined ? undefined : withIdentity(value, context);
}

/** The context of an object that a function returns. */
function originAfter(value: Value, fn: Node, site: Entry, callee: Context, own: Context): Context {
	const node = creationOf(value) as Node;
	const isCreatedInside = contains(fn, node);
	if (own.isKept) return own;
	const isCreatedAround = !isCreatedInside && contains(creationScope(value) as Node, fn) && !hasOrigins(own);
	if (!isCreatedInside && !isCreatedAround) return own;
	const entries = [...own.entries];
	const add = (entry: Entry) => {
		if (callInto(own, entry.scope.id, true) === undefined) entries.push({ ...entry, isOrigin: true });
	};
	if (isCreatedInside) add(site);
	for (const entry of callee.entries) if (entry.isOrigin && contains(entry.scope, node)) add(entry);
	return contextOf(entries, callee.isKept);
}
