/**
 * The APIs of the runtime that hold the environment or lead to it. `env` is the environment as an object
 * (`process.env`, `Deno.env.toObject()`); `get`, `has`, `toObject` and `write` are functions of such an API.
 */
export type RuntimeApi =
	| "global"
	| "Deno"
	| "Deno.env"
	| "process"
	| "env"
	| "secrets"
	| "secrets module"
	| "import.meta"
	| "get"
	| "has"
	| "toObject"
	| "write"
	/** `eval` and `Function`, which make code from text. */
	| "eval"
	| "Function"
	/** APIs that run code that is not in the bundle: `Worker`, and all exports of `node:vm`. */
	| "other code"
	/** `node:module`, and the functions that load a module by its name. */
	| "node:module"
	| "node:worker_threads"
	| "createRequire"
	| "require";
