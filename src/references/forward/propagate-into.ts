/** Forward analysis of assignments: follows values that are assigned to targets. */

import { isFunction, type Node, staticKey } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import type { Value } from "../engine/values.ts";
import { objectReads } from "../environment/object-reads.ts";
import { globalValue } from "../environment/runtime-apis.ts";
import { readElement } from "../models/iterators.ts";
import { isTestedAway } from "../models/objects/type-tests.ts";
import { listThroughProxy } from "../models/proxies.ts";
import { propagateStore } from "./member-access.ts";
import { isPropagated } from "./propagate.ts";

/** Follows a value into an assignment target, and from there to every read of it. */
export function makePropagateInto(engine: Engine): Engine["propagateInto"] {
	return (value, target) => {
		if (!isPropagated(value)) return;
		switch (target.type) {
			case "Identifier": {
				const binding = engine.scopes.resolve(target);
				// The helpers of the bundler have models. Their code is not followed.
				if (binding !== undefined && globalValue(target.name, binding) !== undefined) return;
				if (binding === undefined) return engine.escape(value, target, "stored in a global variable");
				for (const read of engine.scopes.uses(binding).reads)
					if (!isTestedAway(engine, value, read, binding)) engine.propagate(value, read);
				return;
			}
			case "AssignmentPattern":
				return engine.propagateInto(value, target.left);
			case "MemberExpression":
				return propagateStore(engine, value, target);
			case "ObjectPattern":
				return propagateIntoObjectPattern(engine, value, target);
			case "ArrayPattern":
				return propagateIntoArrayPattern(engine, value, target);
			case "RestElement":
				if (isFunction(target.parent as Node))
					return engine.track(engine.objects.allocate(target, "rest", "array"));
				return engine.propagateInto(value, target.argument);
		}
	};
}

function propagateIntoObjectPattern(engine: Engine, value: Value, pattern: Node) {
	for (const property of pattern.properties as Node[]) {
		if (property.type === "RestElement") {
			listThroughProxy(engine, value);
			engine.propagateInto(value, property.argument);
			continue;
		}
		const key = staticKey(property.key, property.computed);
		if (key === undefined) {
			objectReads.ofComputedKeys(engine, value, engine.evaluate(property.key), property);
			continue;
		}
		objectReads.ofKey(engine, value, key, property);
		engine.readProperty(value, key, (found) => engine.propagateInto(found, property.value));
	}
}

function propagateIntoArrayPattern(engine: Engine, value: Value, pattern: Node) {
	for (const [index, element] of (pattern.elements as (Node | null)[]).entries()) {
		if (element === null) continue;
		if (element.type === "RestElement") engine.track(engine.objects.allocate(element, "rest", "array"));
		else readElement(engine, value, index, (found) => engine.propagateInto(found, element));
	}
}
