import { type Node, staticKey } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { type Cell, text, unknown } from "../engine/values.ts";

export function makeNames(engine: Engine): Engine["names"] {
	return (thing) => {
		if (thing.named) return thing.names;
		thing.named = true;
		for (const source of thing.sources) fromSource(engine, source, thing.names);
		if (thing.node.type === "ObjectExpression" && thing.kind === "plain") {
			literalNames(engine, thing.node, thing.names);
		} else if (thing.kind === "array" && thing.node.type === "ArrayExpression") {
			engine.solver.add(thing.names, unknown("an index"));
		} else if (thing.kind === "instance" || thing.kind === "class" || thing.kind === "function") {
			engine.solver.add(thing.names, unknown("a name from an enumeration"));
		}
		engine.trace(thing);
		return thing.names;
	};
}
function literalNames(engine: Engine, node: Node, names: Cell) {
	for (const property of node.properties as Node[]) {
		if (property.type === "SpreadElement") {
			fromSource(engine, engine.evaluate(property.argument), names);
			continue;
		}
		const key = staticKey(property.key, property.computed);
		if (key !== undefined) engine.solver.add(names, text(key));
		else engine.solver.feed(engine.evaluate(property.key), names);
	}
}
function fromSource(engine: Engine, source: Cell, names: Cell) {
	engine.solver.each(source, (value) => {
		if (value.kind === "object") engine.solver.feed(engine.names(value.thing), names);
		else if (value.kind !== "nothing") engine.solver.add(names, unknown("a name from an enumeration"));
	});
}
