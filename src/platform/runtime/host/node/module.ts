/** `node:module` for functions: `require` of a built-in module returns the same module as an import of it. */
import module from "node:module";
import process from "node:process";
import { prepareModule } from "./builtin-modules.ts";

const native = module.createRequire;
const { getBuiltinModule } = process;

/** `createRequire` of `node:module`. */
export function createRequire(...args: Parameters<typeof native>): ReturnType<typeof native> {
	return new Proxy(native(...args), {
		apply(require, self, [specifier, ...rest]) {
			prepareModule(specifier, getBuiltinModule);
			return Reflect.apply(require, self, [specifier, ...rest]);
		},
	});
}

module.createRequire = createRequire;

export * from "node:module";
export default module;
