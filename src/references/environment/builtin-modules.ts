/** Modules of Node.js that the analysis has models for. Their functions are named like those of globals. */
import { makeValue, type Value } from "../engine/values.ts";

const MODULES = new Set(
	"events util path buffer url timers timers/promises async_hooks querystring"
		.split(" ")
		.map((name) => `node:${name}`),
);

/** Aliases of modules and functions. */
const ALIASES: Readonly<Record<string, string>> = {
	"node:events.default": "node:events.EventEmitter",
	"node:events.EventEmitter.EventEmitter": "node:events.EventEmitter",
	"node:events.EventEmitter.once": "node:events.once",
	"node:path.posix": "node:path",
	"node:async_hooks.AsyncLocalStorage": "AsyncLocalStorage",
	"node:process.nextTick": "process.nextTick",
	...Object.fromEntries(
		["setTimeout", "setInterval", "setImmediate"].map((name) => [`node:timers.${name}`, name]),
	),
	...Object.fromEntries(["URL", "URLSearchParams"].map((name) => [`node:url.${name}`, name])),
};

/** The value of the namespace of a module with models. */
export function builtinModule(specifier: string): Value | undefined {
	const name = specifier.startsWith("node:") ? specifier : `node:${specifier}`;
	return MODULES.has(name) ? makeValue({ kind: "builtin", name }) : undefined;
}

/** The property of a built-in function, class or module. */
export function builtinProperty(holder: string, key: string): Value {
	const path = `${holder}.${key}`;
	const isModule = key === "default" && MODULES.has(holder);
	const name = Object.hasOwn(ALIASES, path) ? (ALIASES[path] as string) : isModule ? holder : path;
	return makeValue({ kind: "builtin", name });
}
