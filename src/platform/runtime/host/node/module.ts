/** `node:module` for functions: `require` of a built-in module returns the same module as an import of it. */
import module from "node:module";
import process from "node:process";
import { prepareModule } from "./builtin-modules.ts";

const native = module.createRequire;
const { getBuiltinModule } = process;

type Require = ReturnType<typeof native>;

/** `createRequire` of `node:module`. */
export function createRequire(...args: Parameters<typeof native>): Require {
	const require = native(...args);
	const from = String(args[0]).replace(/^file:\/\//, "");
	const resolve = new Proxy(require.resolve, {
		apply(target, self, [specifier, ...rest]) {
			try {
				return Reflect.apply(target, self, [specifier, ...rest]);
			} catch (error) {
				throw isDenied(error) && !isAbsolute(specifier) ? notFound(specifier, from) : error;
			}
		},
	});
	return new Proxy(require, {
		apply(target, self, [specifier, ...rest]) {
			prepareModule(specifier, getBuiltinModule);
			try {
				return Reflect.apply(target, self, [specifier, ...rest]);
			} catch (error) {
				// A module that exists may throw such an error too.
				if (isDenied(error)) resolve(specifier);
				throw error;
			}
		},
		get: (target, name) => (name === "resolve" ? resolve : Reflect.get(target, name)),
	});
}

/** The bundle contains what `require` can find. A function may not read where else Node would search. */
function isDenied(error: unknown): boolean {
	return error instanceof Deno.errors.NotCapable;
}

/** Where such a path leads does not depend on what is installed, so the permission is the reason. */
function isAbsolute(specifier: unknown): boolean {
	return /^(\/|file:)/i.test(String(specifier));
}

/** Node's error for a missing module. Packages read its code to find out whether an optional package is there. */
function notFound(specifier: unknown, from: string): Error {
	const message = `Cannot find module '${specifier}'\nRequire stack:\n- ${from}`;
	return Object.assign(new Error(message), { code: "MODULE_NOT_FOUND", requireStack: [from] });
}

module.createRequire = createRequire;

export * from "node:module";
export default module;
