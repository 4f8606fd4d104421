import { isFunction, type Node, staticKey } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import type { Value } from "../engine/values.ts";
import { enumerate } from "../environment/object-reads.ts";
import { store } from "./member-access.ts";
import { isFollowed } from "./propagate.ts";

export function makeArriveTarget(engine: Engine): Engine["arriveTarget"] {
	return (value, target) => {
		if (!isFollowed(value)) return;
		switch (target.type) {
			case "Identifier": {
				const binding = engine.scopes.resolve(target);
				if (binding === undefined) return engine.escape(value, target, "kept in a global");
				for (const read of engine.scopes.uses(binding).reads) engine.arrive(value, read);
				return;
			}
			case "AssignmentPattern":
				return engine.arriveTarget(value, target.left);
			case "MemberExpression":
				return store(engine, value, target);
			case "ObjectPattern":
				return arriveObjectPattern(engine, value, target);
			case "ArrayPattern":
				return arriveArrayPattern(engine, value, target);
			case "RestElement":
				if (isFunction(target.parent as Node))
					return engine.trace(engine.things.made(target, "rest", "array"));
				return engine.arriveTarget(value, target.argument);
		}
	};
}
function arriveObjectPattern(engine: Engine, value: Value, pattern: Node) {
	for (const property of pattern.properties as Node[]) {
		if (property.type === "RestElement") {
			engine.arriveTarget(value, property.argument);
			continue;
		}
		const key = staticKey(property.key, property.computed);
		if (key === undefined) {
			enumerate.keys(engine, value, engine.evaluate(property.key), property);
			continue;
		}
		enumerate.key(engine, value, key, property);
		engine.read(value, key, (found) => engine.arriveTarget(found, property.value));
	}
}
function arriveArrayPattern(engine: Engine, value: Value, pattern: Node) {
	for (const [index, element] of (pattern.elements as (Node | null)[]).entries()) {
		if (element === null) continue;
		if (element.type === "RestElement") engine.trace(engine.things.made(element, "rest", "array"));
		else engine.read(value, String(index), (found) => engine.arriveTarget(found, element));
	}
}
