/** Models of conversions: the text or number that operators make of an object, by methods that the code writes. */
import { type Node, staticKey } from "../../bundle/syntax.ts";
import type { Engine } from "../../engine/engine.ts";
import {
	type AbstractObject,
	type ObjectValue,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
} from "../../engine/values.ts";

/** Calls back with each primitive value that an object becomes, or with the object if it is unknown. */
export type Convert = (value: ObjectValue, use: (primitive: Value) => void) => void;

/** What a conversion may ask for. Other conversions of the same object may ask for something else. */
const HINTS = ["string", "number", "default"].map((hint) => stringValue(hint));

/**
 * @param node where objects are converted
 * @param hint what is asked for: templates ask for a text, and `+` for either
 */
export function conversionAt(engine: Engine, node: Node, hint: "string" | "default"): Convert {
	const known = new Map<string, ValueSet>();
	const order = hint === "string" ? ["toString", "valueOf"] : ["valueOf", "toString"];
	return (value, use) => {
		let primitives = known.get(value.key);
		if (primitives === undefined) {
			primitives = new ValueSet();
			known.set(value.key, primitives);
			if (isWritten(engine, value.object))
				convert(engine, value, node, ["@@toPrimitive", ...order], primitives);
			else engine.solver.add(primitives, value);
		}
		engine.solver.onValue(primitives, use);
	};
}

/** Whether the code surely writes how an object becomes a text. */
export function isWritten(engine: Engine, object: AbstractObject): boolean {
	if (object.builtinClass !== undefined || object.proxyHandler !== undefined) return false;
	return defines(engine, object, "toString") || defines(engine, object, "@@toPrimitive");
}

/** Whether a literal or the class of an instance has a method of its own. */
function defines({ isForeign }: Engine, { kind, node, constructedBy }: AbstractObject, key: string): boolean {
	const isMember = (member: Node) =>
		member.key && !member.static && staticKey(member.key, member.computed) === key;
	if (isForeign(node)) return false;
	if (kind === "plain" && node.type === "ObjectExpression") return (node.properties as Node[]).some(isMember);
	if (kind !== "instance" || constructedBy?.kind !== "class" || isForeign(constructedBy.node)) return false;
	return (constructedBy.node.body.body as Node[]).some(isMember);
}

/** Calls the first of some methods. Where it gives no primitive value, the next one is called. */
function convert(engine: Engine, value: ObjectValue, node: Node, order: readonly string[], into: ValueSet) {
	const { solver } = engine;
	const [key, ...others] = order;
	if (key === undefined) return solver.add(into, unknownValue("a computed value"));
	let hasGoneOn = false;
	const goOn = () => {
		if (!hasGoneOn) convert(engine, value, node, others, into);
		hasGoneOn = true;
	};
	if (!defines(engine, value.object, key)) goOn();
	const results = new ValueSet();
	const hints = new ValueSet();
	for (const hint of HINTS) solver.add(hints, hint);
	const receiver = solver.singleton(value);
	engine.readProperty(value, key, (method) => {
		if (method.kind === "nothing") return goOn();
		const isOfAll = method.kind === "method";
		if (isOfAll || method.kind === "unknown") solver.add(into, unknownValue("a computed value"));
		if (isOfAll) return goOn();
		const site = engine.impliedSite(node, `convert ${key} ${value.key}`, [hints], receiver);
		engine.invoke(method, site, results);
	});
	solver.onValue(results, (result) => {
		const isPrimitive = result.kind === "string" || result.kind === "nothing";
		if (isPrimitive || result.kind === "unknown") solver.add(into, result);
		if (!isPrimitive) goOn();
	});
}
