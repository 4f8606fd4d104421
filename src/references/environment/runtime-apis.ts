/** What the runtime provides: which names and modules lead to the environment, and what they hold. */

import type { Binding } from "../bundle/scopes.ts";
import type { Node } from "../bundle/syntax.ts";
import {
	makeValue,
	NOTHING,
	type RuntimeApi,
	type RuntimeValue,
	runtimeValue,
	unknownValue,
	type Value,
} from "../engine/values.ts";

/** The globals that lead to the environment. */
export const GLOBAL_APIS: Readonly<Record<string, RuntimeApi>> = {
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
const BUNDLER_HELPER = /^__(toESM|toCommonJS|commonJS|export|require|reExport)\d*$/;

/** What `{property}` of each native is; what is not here is not known. */
const PROPERTIES: Readonly<Record<RuntimeApi, Readonly<Record<string, RuntimeApi>>>> = {
	global: { ...GLOBAL_APIS },
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
const FUNCTIONS = new Set<RuntimeApi>(["get", "has", "toObject", "write"]);
export const VALUE_OF_VARIABLE = "the value of a variable";

/** What a name means that is no variable of the code, or is one of the bundler's helpers. */
export function globalValue(name: string, binding: Binding | undefined): Value | undefined {
	const helper = BUNDLER_HELPER.exec(name)?.[1];
	if (helper !== undefined && (binding === undefined || binding.scope.type === "Program")) {
		return makeValue({ kind: "builtin", name: `esbuild.${helper}` });
	}
	if (binding !== undefined) return undefined;
	if (name === "undefined" || name === "NaN" || name === "Infinity") return NOTHING;
	if (name === "require") return makeValue({ kind: "builtin", name: "esbuild.require" });
	const api = Object.hasOwn(GLOBAL_APIS, name) ? GLOBAL_APIS[name] : undefined;
	if (api !== undefined) return runtimeValue(api);
	return BUILTINS.has(name) ? makeValue({ kind: "builtin", name }) : undefined;
}

/** What a whole module is, where it leads to the environment. */
export function moduleValue(specifier: string): Value | undefined {
	if (specifier === "node:process" || specifier === "process") return runtimeValue("process");
	return specifier === "base44:runtime" ? runtimeValue("secrets module") : undefined;
}

/** What an import specifier brings in; undefined where it is none. */
export function importedValue(specifier: Node): Value | undefined {
	if (!specifier.type.startsWith("Import") || specifier.parent?.type !== "ImportDeclaration")
		return undefined;
	const module = moduleValue(specifier.parent.source.value);
	const other = unknownValue("something imported");
	if (module === undefined || specifier.type === "ImportNamespaceSpecifier") return module ?? other;
	const name = specifier.type === "ImportDefaultSpecifier" ? "default" : nameOf(specifier.imported);
	return module.kind === "runtime" ? (apiProperty(module.api, name) ?? other) : other;
}

function nameOf(node: Node): string {
	return (node.type === "Literal" ? node.value : node.name) as string;
}

function apiProperty(api: RuntimeApi, key: string): Value | undefined {
	const found = Object.hasOwn(PROPERTIES[api], key) ? PROPERTIES[api][key] : undefined;
	return found === undefined ? undefined : runtimeValue(found);
}

/** A property of something native. */
export function readRuntimeProperty(value: RuntimeValue, key: string | undefined): Value {
	if (key !== undefined) {
		const found = apiProperty(value.api, key);
		if (found !== undefined) return found;
		if (value.api === "global" && BUILTINS.has(key)) return makeValue({ kind: "builtin", name: key });
		const method = FUNCTIONS.has(value.api)
			? ["call", "apply", "bind"]
			: ["hasOwnProperty", "propertyIsEnumerable"];
		if (value.api !== "global" && method.includes(key))
			return makeValue({ kind: "method", name: key, receiver: value });
	}
	return unknownValue(value.api === "env" ? VALUE_OF_VARIABLE : "a computed value");
}
