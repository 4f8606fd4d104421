/** Values that may run other code where they are used, and built-in functions that may throw what they are given. */
import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import type { MethodValue, Value } from "../engine/values.ts";

/**
 * Whether a value may be an object of other code, or has accessors that other code may have given it. A text of which
 * the beginning is known is none.
 */
export function isOpaque(engine: Engine, value: Value): boolean {
	if (value.kind === "unknown") return value.prefix === undefined;
	if (value.kind !== "object") return false;
	if (value.object.proxyHandler !== undefined || engine.isForeign(value.object.node)) return true;
	for (const held of value.object.summary.list)
		if (held.kind === "unknown" && held.prefix === undefined) return true;
	return false;
}

/** How deep built-in functions are taken to look into what they are given. */
const DEPTH_MAX = 3;

/** Whether a value is opaque, or holds one that is. */
export function holdsUnknown(engine: Engine, value: Value, depth = 0): boolean {
	if (isOpaque(engine, value)) return true;
	if (value.kind !== "object" || value.object.kind === "function" || value.object.kind === "class")
		return false;
	if (depth > DEPTH_MAX) return true;
	for (const held of engine.anyProperty(value.object).list)
		if (holdsUnknown(engine, held, depth + 1)) return true;
	return false;
}

const V8 =
	"Object(\\.\\w+)?|Array(\\.\\w+)?|Number(\\.\\w+)?|Math\\.\\w+|Boolean|String(\\.\\w+)?|Symbol(\\.\\w+)?|Map|Set|" +
	"WeakMap|WeakSet|WeakRef|BigInt|Promise(\\.\\w+)?|RegExp|parseInt|parseFloat|isNaN|isFinite|JSON\\.\\w+|" +
	"(en|de)codeURI(Component)?|\\w*Error|Error\\.captureStackTrace|Map\\.groupBy|(Array|String|Map|Set)\\.prototype\\.\\w+\\.(call|apply)";
const RUNTIME =
	"console\\.\\w+|atob|btoa|queueMicrotask|set(Timeout|Interval|Immediate)|DOMException|Event|CustomEvent|EventTarget|" +
	"URL|URLSearchParams|Headers|FormData|AbortController|AsyncLocalStorage|TextEncoder|TextDecoder|" +
	"(Readable|Writable|Transform)Stream(\\.from|Default(Reader|Writer|Controller))?|" +
	"node:util\\.(format|promisify|inherits)|node:events\\.EventEmitter|esbuild\\.(toESM|toCommonJS|export)";
const THROWS_NO_VALUES = new RegExp(`^(?:${V8}|${RUNTIME})$`);

/** Whether a built-in function throws nothing but errors of the language, and what its callbacks throw. */
export function throwsNoValues(name: string): boolean {
	return THROWS_NO_VALUES.test(name);
}

/** Methods that throw what they, or others, are given. */
const THROWING = new Set(["emit", "throwIfAborted"]);
const PROMISE_METHODS = new Set(["then", "catch", "finally", "resolve", "reject"]);
/** Built-in classes whose methods throw nothing else, apart from the methods above. */
const CLASSES = new RegExp(`^(?:${RUNTIME}|Symbol|WeakRef|\\w*Error|AbortSignal)$`);

/** Whether the methods of a built-in class throw no values that are not known, and return no promises that do. */
export function isQuietClass(name: string | undefined): boolean {
	return name !== undefined && CLASSES.test(name);
}

/** Whether a built-in method may throw a value that is not known, whatever it is given. */
export function mayMethodThrow(engine: Engine, { name, receiver }: MethodValue, call: Node): boolean {
	if (THROWING.has(name)) return true;
	if (receiver.kind !== "object") return isOpaque(engine, receiver);
	if (PROMISE_METHODS.has(name)) return false;
	const { builtinClass, kind } = receiver.object;
	if (kind === "function" || kind === "class") return !["call", "apply", "bind"].includes(name);
	if (builtinClass !== undefined) return !isQuietClass(builtinClass) || engine.isForeign(call);
	return name === "require" || holdsUnknown(engine, receiver);
}
