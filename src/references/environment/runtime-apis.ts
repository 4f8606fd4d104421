/** What the runtime provides: which names and modules lead to the environment, and what they hold. */

import type { Binding } from "../bundle/scopes.ts";
import type { Node } from "../bundle/syntax.ts";
import {
	makeValue,
	type Native,
	NOTHING,
	native,
	type RuntimeValue,
	unknown,
	type Value,
} from "../engine/values.ts";

/** The globals that lead to the environment. */
export const ROOTS: Readonly<Record<string, Native>> = {
	Deno: "Deno",
	process: "process",
	globalThis: "global",
	window: "global",
	self: "global",
	global: "global",
};

/** The language's own globals that the analysis knows something of. */
const BUILTINS = new Set(
	(
		"Object Proxy Array String Number Boolean Promise Map Set JSON Reflect console Symbol structuredClone " +
		"Response Request Headers URL URLSearchParams Error TypeError RangeError Date fetch " +
		"setTimeout setInterval queueMicrotask isNaN parseInt parseFloat encodeURIComponent"
	).split(" "),
);
/** Helpers that esbuild puts at the top of a bundle, numbered where a name is taken. */
const BUNDLER_NAME = /^__(toESM|toCommonJS|commonJS|export|require|reExport)\d*$/;

/** What `{property}` of each native is; what is not here is not known. */
const PROPERTIES: Readonly<Record<Native, Readonly<Record<string, Native>>>> = {
	global: { ...ROOTS },
	Deno: { env: "Deno.env" },
	"Deno.env": { get: "get", has: "has", toObject: "toObject", set: "write", delete: "write" },
	process: { env: "env", default: "process" },
	env: {},
	secrets: { get: "get", has: "has" },
	"secrets module": { secrets: "secrets", default: "secrets" },
	"import.meta": { env: "env" },
	get: {},
	has: {},
	toObject: {},
	write: {},
};
const FUNCTIONS = new Set<Native>(["get", "has", "toObject", "write"]);
export const VALUE_OF_VARIABLE = "the value of a variable";

/** What a name means that is no variable of the code, or is one of the bundler's helpers. */
export function globalValue(name: string, binding: Binding | undefined): Value | undefined {
	const helper = BUNDLER_NAME.exec(name)?.[1];
	if (helper !== undefined && (binding === undefined || binding.scope.type === "Program")) {
		return makeValue({ kind: "builtin", name: `esbuild.${helper}` });
	}
	if (binding !== undefined) return undefined;
	if (name === "undefined" || name === "NaN" || name === "Infinity") return NOTHING;
	if (name === "require") return makeValue({ kind: "builtin", name: "esbuild.require" });
	const root = Object.hasOwn(ROOTS, name) ? ROOTS[name] : undefined;
	if (root !== undefined) return native(root);
	return BUILTINS.has(name) ? makeValue({ kind: "builtin", name }) : undefined;
}

/** What a whole module is, where it leads to the environment. */
export function moduleValue(specifier: string): Value | undefined {
	if (specifier === "node:process" || specifier === "process") return native("process");
	return specifier === "base44:runtime" ? native("secrets module") : undefined;
}

/** What an import specifier brings in; undefined where it is none. */
export function importedValue(specifier: Node): Value | undefined {
	if (!specifier.type.startsWith("Import") || specifier.parent?.type !== "ImportDeclaration")
		return undefined;
	const module = moduleValue(specifier.parent.source.value);
	const other = unknown("something imported");
	if (module === undefined || specifier.type === "ImportNamespaceSpecifier") return module ?? other;
	const name = specifier.type === "ImportDefaultSpecifier" ? "default" : nameOf(specifier.imported);
	return module.kind === "runtime" ? (nativeProperty(module.native, name) ?? other) : other;
}

function nameOf(node: Node): string {
	return (node.type === "Literal" ? node.value : node.name) as string;
}

function nativeProperty(of: Native, key: string): Value | undefined {
	const found = Object.hasOwn(PROPERTIES[of], key) ? PROPERTIES[of][key] : undefined;
	return found === undefined ? undefined : native(found);
}

/** A property of something native. */
export function readNative(value: RuntimeValue, key: string | undefined): Value {
	if (key !== undefined) {
		const found = nativeProperty(value.native, key);
		if (found !== undefined) return found;
		if (value.native === "global" && BUILTINS.has(key)) return makeValue({ kind: "builtin", name: key });
		const method = FUNCTIONS.has(value.native)
			? ["call", "apply", "bind"]
			: ["hasOwnProperty", "propertyIsEnumerable"];
		if (value.native !== "global" && method.includes(key))
			return makeValue({ kind: "method", name: key, of: value });
	}
	return unknown(value.native === "env" ? VALUE_OF_VARIABLE : "a computed value");
}
