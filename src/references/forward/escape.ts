/** Escape: values that reach code beyond the analysis. */
import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";

/**
 * Code beyond the analysis has a value now. It may read all that the value holds, and call functions with
 * anything.
 */
export function makeEscape(engine: Engine): Engine["escape"] {
	const escapedObjects = new Set<number>();
	return (value, node, why) => {
		if (value.kind === "runtime") return escapeRuntime(engine, value.api, node, why);
		if (value.kind === "method") return engine.escape(value.receiver, node, why);
		if (value.kind !== "object") return;
		const { object } = value;
		if (object.kind === "function") {
			if (object.escaped) return;
			object.escaped = true;
			for (const listener of object.escapeListeners) engine.solver.enqueue(listener);
			return;
		}
		if (escapedObjects.has(object.id)) return;
		escapedObjects.add(object.id);
		for (const held of [engine.anyProperty(object), object.proxyHandler]) {
			if (held !== undefined) engine.solver.onValue(held, (inner) => engine.escape(inner, node, why));
		}
	};
}

function escapeRuntime(engine: Engine, name: string, node: Node, why: string) {
	if (name === "env" || name === "Deno.env" || name === "secrets") {
		engine.findings.addDynamic(node, `the whole environment is ${why}`);
	} else if (name === "get" || name === "has" || name === "toObject") {
		engine.findings.addDynamic(node, `a reader of the environment is ${why}`);
	} else if (name === "Deno" || name === "process" || name === "eval") {
		engine.findings.addDynamic(node, `\`${name}\` is ${why}`);
	}
}
