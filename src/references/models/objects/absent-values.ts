/**
 * Properties and elements that an object may lack. Where code has a default for them, or a parameter with one, the
 * default counts.
 */

import type { Node } from "../../bundle/syntax.ts";
import { membersByKey } from "../../engine/abstract-objects.ts";
import type { Engine } from "../../engine/engine.ts";
import { type AbstractObject, NOTHING, type Value, type ValueSet, withContext } from "../../engine/values.ts";

/**
 * Adds `undefined` if a property of a value may be `undefined` although no rule finds that value. It is called for a
 * property that has a value: one without any counts as not known.
 * @param key undefined for an unknown key
 */
export function addAbsent(
	engine: Engine,
	value: Value,
	key: string | undefined,
	into: ValueSet,
	context = value.context,
) {
	if (value.kind !== "object") return;
	const add = () => engine.solver.add(into, withContext(NOTHING, context));
	if (key === undefined || !hasFromBeginning(value.object, key)) return add();
	engine.track(value.object);
	engine.solver.onValue(value.object.lessened, add);
	engine.solver.onValue(value.object.resized, add);
}

const OF_FUNCTIONS = new Set(["prototype", "name", "length"]);

/** Whether an object has a property when it is made. What it gets from spreads may be `undefined`. */
export function hasFromBeginning(object: AbstractObject, key: string): boolean {
	const { node, kind, constructedBy } = object;
	if (object.proxyHandler !== undefined || object.builtinClass !== undefined) return false;
	if (kind === "array") return hasElement(object, key);
	if ((kind === "function" || kind === "class") && OF_FUNCTIONS.has(key)) return true;
	if (kind === "plain" && node.type === "ObjectExpression") {
		const own = (membersByKey(object).get(key) ?? []).filter((member) => member.kind !== "set");
		const spread = (node.properties as Node[]).findLastIndex(({ type }) => type === "SpreadElement");
		return own.some((member) => node.properties.indexOf(member) > spread);
	}
	const owner = kind === "class" ? object : kind === "instance" ? constructedBy : undefined;
	if (owner?.kind !== "class") return false;
	const members = membersByKey(owner).get(key) ?? [];
	return members.some((member) => member.kind !== "set" && Boolean(member.static) === (kind === "class"));
}

function hasElement({ node, isComplete, knownLength }: AbstractObject, key: string): boolean {
	if (!/^\d{1,6}$/.test(key)) return key === "length";
	if (node.type !== "ArrayExpression") return isComplete && Number(key) < (knownLength ?? 0);
	const elements = node.elements as (Node | null)[];
	const spread = elements.findIndex((element) => element?.type === "SpreadElement");
	return Number(key) < (spread < 0 ? elements.length : spread);
}
