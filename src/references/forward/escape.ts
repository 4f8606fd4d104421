import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";

/** Code that cannot be followed has a value now: it may read all of it and call it with anything. */

export function makeEscape(engine: Engine): Engine["escape"] {
	const objects = new Set<number>();
	return (value, node, why) => {
		if (value.kind === "runtime") return escapeNative(engine, value.native, node, why);
		if (value.kind === "method") return engine.escape(value.of, node, why);
		if (value.kind !== "object") return;
		const { thing } = value;
		if (thing.kind === "function") {
			if (thing.escaped) return;
			thing.escaped = true;
			for (const listener of thing.escapeListeners) engine.solver.later(listener);
			return;
		}
		if (objects.has(thing.id)) return;
		objects.add(thing.id);
		for (const held of [engine.every(thing), thing.traps]) {
			if (held !== undefined) engine.solver.each(held, (inner) => engine.escape(inner, node, why));
		}
	};
}
function escapeNative(engine: Engine, name: string, node: Node, why: string) {
	if (name === "env" || name === "Deno.env" || name === "secrets") {
		engine.findings.dynamicAt(node, `the whole environment is ${why}`);
	} else if (name === "get" || name === "has" || name === "toObject") {
		engine.findings.dynamicAt(node, `a reader of the environment is ${why}`);
	} else if (name === "Deno" || name === "process") {
		engine.findings.dynamicAt(node, `\`${name}\` is ${why}`);
	}
}
