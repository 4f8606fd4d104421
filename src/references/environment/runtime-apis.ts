/** The APIs of the runtime that hold the environment or lead to it: globals, modules and their properties. */
import type { Binding } from "../bundle/names.ts";
import type { Node } from "../bundle/syntax.ts";
import type { RuntimeApi } from "../engine/runtime-api.ts";
import {
	makeValue,
	NOTHING,
	type RuntimeValue,
	runtimeValue,
	unknownValue,
	type Value,
} from "../engine/values.ts";
import { builtinModule, builtinProperty } from "./builtin-modules.ts";

/** Globals that lead to the environment. */
export const GLOBAL_APIS: Readonly<Record<string, RuntimeApi>> = {
	Deno: "Deno",
	process: "process",
	globalThis: "global",
	window: "global",
	self: "global",
	global: "global",
	eval: "eval",
	Function: "Function",
	require: "require",
	Worker: "other code",
	SharedWorker: "other code",
};

/** Globals of the language that the analysis has a model of, or knows to be harmless. */
const BUILTINS = new Set(
	(
		"Object Proxy Array String Number Boolean Promise Map Set JSON Reflect console Symbol structuredClone " +
		"Response Request Headers URL URLSearchParams Error TypeError RangeError Date fetch " +
		"ReadableStream WritableStream TransformStream " +
		"setTimeout setInterval setImmediate queueMicrotask isNaN isFinite parseInt parseFloat encodeURI decodeURI " +
		"encodeURIComponent decodeURIComponent atob btoa Math BigInt RegExp WeakMap WeakSet WeakRef FormData " +
		"EventTarget Event CustomEvent AbortController Blob TextEncoder TextDecoder Iterator SyntaxError AggregateError DOMException EvalError ReferenceError URIError"
	).split(" "),
);
/** Helpers that esbuild puts at the top of a bundle. A number is added if the name is taken. */
const BUNDLER_HELPER = /^__(toESM|toCommonJS|commonJS|export|require|reExport)\d*$/;

/** The properties of each API that are APIs too. Any other property is unknown. */
const PROPERTIES: Readonly<Record<RuntimeApi, Readonly<Record<string, RuntimeApi>>>> = {
	global: { ...GLOBAL_APIS },
	Deno: { env: "Deno.env" },
	"Deno.env": { get: "get", has: "has", toObject: "toObject", set: "write", delete: "write" },
	process: { env: "env", default: "process", getBuiltinModule: "require" },
	env: {},
	secrets: { get: "get", has: "has" },
	"secrets module": { secrets: "secrets", default: "secrets" },
	"import.meta": { env: "env" },
	get: {},
	has: {},
	toObject: {},
	write: {},
	eval: {},
	Function: {},
	"other code": {},
	"node:module": { createRequire: "createRequire", Module: "node:module", default: "node:module" },
	"node:worker_threads": { Worker: "other code", default: "node:worker_threads" },
	createRequire: {},
	require: {},
};
const FUNCTIONS = new Set<RuntimeApi>([
	"get",
	"has",
	"toObject",
	"write",
	"eval",
	"Function",
	"other code",
	"createRequire",
	"require",
]);
/** The modules that lead to the environment, or that run other code. */
const MODULES: Readonly<Record<string, RuntimeApi>> = {
	process: "process",
	module: "node:module",
	worker_threads: "node:worker_threads",
	vm: "other code",
	repl: "other code",
	inspector: "other code",
	"inspector/promises": "other code",
};
export const VALUE_OF_VARIABLE = "the value of an environment variable";

/** The value of a global, or of a helper of the bundler; undefined for a variable of the code. */
export function globalValue(name: string, binding: Binding | undefined): Value | undefined {
	const helper = BUNDLER_HELPER.exec(name)?.[1];
	if (helper !== undefined && (binding === undefined || binding.scope.type === "Program")) {
		return makeValue({ kind: "builtin", name: `esbuild.${helper}` });
	}
	if (binding !== undefined) return undefined;
	if (name === "undefined" || name === "NaN" || name === "Infinity") return NOTHING;
	const api = Object.hasOwn(GLOBAL_APIS, name) ? GLOBAL_APIS[name] : undefined;
	if (api !== undefined) return runtimeValue(api);
	return BUILTINS.has(name) ? makeValue({ kind: "builtin", name }) : undefined;
}

/** Whether the analysis recognises a global by its name. */
export function isBuiltInGlobal(name: string): boolean {
	return BUILTINS.has(name) || Object.hasOwn(GLOBAL_APIS, name);
}

/** The value of a module namespace, where the module leads to the environment. */
export function moduleValue(specifier: string): Value | undefined {
	if (specifier === "base44:runtime") return runtimeValue("secrets module");
	const name = specifier.replace(/^node:/, "");
	const api = Object.hasOwn(MODULES, name) ? MODULES[name] : undefined;
	return api === undefined ? builtinModule(specifier) : runtimeValue(api);
}

/** The value of an import specifier; undefined for any other node. */
export function importedValue(specifier: Node): Value | undefined {
	if (!specifier.type.startsWith("Import") || specifier.parent?.type !== "ImportDeclaration")
		return undefined;
	const module = moduleValue(specifier.parent.source.value);
	const other = unknownValue("an imported value");
	if (module === undefined || specifier.type === "ImportNamespaceSpecifier") return module ?? other;
	const name = specifier.type === "ImportDefaultSpecifier" ? "default" : nameOf(specifier.imported);
	if (module.kind === "builtin") return builtinProperty(module.name, name);
	return module.kind === "runtime" ? (apiProperty(module.api, name) ?? other) : other;
}

function nameOf(node: Node): string {
	return (node.type === "Literal" ? node.value : node.name) as string;
}

function apiProperty(api: RuntimeApi, key: string): Value | undefined {
	if (api === "other code" && !isMethodOfAll(key)) return runtimeValue(api);
	const found = Object.hasOwn(PROPERTIES[api], key) ? PROPERTIES[api][key] : undefined;
	return found === undefined ? undefined : runtimeValue(found);
}

function isMethodOfAll(key: string): boolean {
	return [
		"call",
		"apply",
		"bind",
		"hasOwnProperty",
		"propertyIsEnumerable",
		"then",
		"catch",
		"finally",
	].includes(key);
}

/** Whether a property with a name that begins with a prefix may lead to the environment. */
export function hasApiWithPrefix(api: RuntimeApi, prefix: string): boolean {
	return (
		api === "env" ||
		api === "other code" ||
		Object.keys(PROPERTIES[api]).some((key) => key.startsWith(prefix))
	);
}

/**
 * The value of a property of an API.
 * @param key undefined for an unknown key
 */
export function readRuntimeProperty(value: RuntimeValue, key: string | undefined): Value {
	if (key !== undefined) {
		const found = apiProperty(value.api, key);
		if (found !== undefined) return found;
		if (value.api === "process" && key === "nextTick") return builtinProperty("node:process", key);
		if (value.api === "global" && BUILTINS.has(key)) return makeValue({ kind: "builtin", name: key });
		if (value.api === "Function" && key === "prototype")
			return makeValue({ kind: "builtin", name: "Function.prototype" });
		if (key === "constructor")
			return FUNCTIONS.has(value.api)
				? runtimeValue("Function")
				: makeValue({ kind: "builtin", name: "Object" });
		const method = FUNCTIONS.has(value.api)
			? ["call", "apply", "bind"]
			: ["hasOwnProperty", "propertyIsEnumerable"];
		if (value.api !== "global" && method.includes(key))
			return makeValue({ kind: "method", name: key, receiver: value });
	}
	return unknownValue(value.api === "env" ? VALUE_OF_VARIABLE : "a computed value");
}
