import { enclosingClass, type Node, staticKey, thisOwner } from "../bundle/syntax.ts";
import { join } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { onePass } from "../engine/passes.ts";
import { type Cell, NOTHING, place, thingValue, unknown, type Value } from "../engine/values.ts";

export function member(engine: Engine, node: Node, cell: Cell) {
	const { solver } = engine;
	const object = engine.evaluate(node.object);
	const key = staticKey(node.property, node.computed);
	const readAll = (value: Value, by: string | undefined, from: Value) => {
		const within = join(value.context, from.context);
		if (within === undefined) return;
		engine.read(value, by, (read) => {
			const found = by === undefined ? onePass(engine, read, node) : read;
			const context = join(found.context, within);
			const named = found.kind === "string" || found.kind === "unknown";
			if (context !== undefined)
				solver.add(cell, place(found, context, found.site ?? (named ? from.site : undefined)));
		});
	};
	if (key !== undefined) return solver.each(object, (value) => readAll(value, key, NOTHING));
	const keys = engine.evaluate(node.property);
	solver.each(object, (value) =>
		solver.each(keys, (by) => readAll(value, by.kind === "string" ? by.text : undefined, by)),
	);
}
export function call(engine: Engine, node: Node, cell: Cell) {
	const site = engine.site(node);
	if (node.callee.type !== "Super") {
		return engine.solver.each(engine.evaluate(node.callee), (callee) => engine.invoke(callee, site, cell));
	}
	engine.solver.feed(engine.self(thisOwner(node)), cell);
	const owner = enclosingClass(node);
	if (!owner?.superClass) return;
	engine.solver.each(engine.evaluate(owner.superClass), (above) => engine.invoke(above, site, undefined));
}
/** `super` as an object: an instance of the class above, or that class itself in static methods. */
export function superValue(engine: Engine, node: Node, cell: Cell) {
	let element = node.parent;
	while (element !== undefined && element.parent?.type !== "ClassBody") element = element.parent;
	const owner = element?.parent?.parent;
	if (element === undefined || !owner?.superClass)
		return engine.solver.add(cell, unknown("a computed value"));
	const isStatic = element.static || element.type === "StaticBlock";
	engine.solver.each(engine.evaluate(owner.superClass), (above) => {
		if (above.kind !== "object" || above.thing.kind !== "class") return engine.solver.add(cell, above);
		if (isStatic) return engine.solver.add(cell, above);
		const instance = engine.things.made(owner, `super ${above.thing.id}`, "instance", above.thing);
		engine.solver.add(cell, thingValue(instance, above.context));
	});
}
