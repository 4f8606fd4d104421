/**
 * Built-in properties that the code replaces, such as `Array.prototype.map = …`. Models of built-in functions describe
 * the originals, so a read of such a name may return any value.
 */
import type { Engine } from "../engine/engine.ts";
import type { RuntimeApi } from "../engine/runtime-api.ts";
import type { Value, ValueSet } from "../engine/values.ts";
import { isBuiltInGlobal } from "./runtime-apis.ts";

/** Stands for every name, if the code replaces a property whose name is unknown. */
export const ANY_NAME = "*";

/** Whether a property, or a global, may be one that the code replaced. */
export function isReplaced(engine: Engine, key: string): boolean {
	return engine.replaced.size > 0 && (engine.replaced.has(key) || engine.replaced.has(ANY_NAME));
}

/** Notes that the code assigns or defines a property of a built-in object. */
export function replaceBuiltin(engine: Engine, holder: Value, keys: ValueSet | string) {
	if (holder.kind !== "builtin" && holder.kind !== "method") return;
	if (typeof keys === "string") engine.replaced.add(keys);
	else
		engine.solver.onValue(keys, (key) => {
			if (key.kind !== "nothing") engine.replaced.add(key.kind === "string" ? key.text : ANY_NAME);
		});
}

/**
 * `globalThis.fetch = …`: the name may have any value from now on. A name that is not built in is a variable. The
 * variables of the environment may be written.
 */
export function replaceGlobal(engine: Engine, api: RuntimeApi, key: string | undefined) {
	if (api === "env") return;
	if (api !== "global" || key === undefined || isBuiltInGlobal(key)) engine.replaced.add(key ?? ANY_NAME);
}
