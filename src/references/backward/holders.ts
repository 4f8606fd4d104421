/**
 * Holders: the object that an expression reads from. Parts of a text that are read from one object belong together, so
 * `item.prefix + item.name` never combines two items.
 */
import type { Scopes } from "../bundle/scopes.ts";
import { type Node, thisOwner } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";

/** The holder of a constant: any object. */
const ANY = Symbol("any holder");
export type Holder = object | typeof ANY | undefined;

/** The variable, pattern or `this` that an expression reads from; undefined if it is not exactly one. */
export function holderOf(engine: Engine, node: Node): Holder {
	if (node.type !== "BinaryExpression") return findHolder(engine, node);
	const known = engine.remembered.holders;
	let found = known.get(node);
	if (found === undefined) {
		found = { holder: findHolder(engine, node) };
		known.set(node, found);
	}
	return found.holder as Holder;
}

function findHolder(engine: Engine, node: Node): Holder {
	const { scopes } = engine;
	switch (node.type) {
		case "Literal":
			return ANY;
		case "Identifier":
			return patternOf(scopes, node);
		case "MemberExpression":
			return node.computed ? undefined : objectOf(scopes, node.object);
		case "BinaryExpression":
			return commonHolder(holderOf(engine, node.left), holderOf(engine, node.right));
		case "TemplateLiteral":
			return (node.expressions as Node[])
				.map((part) => holderOf(engine, part))
				.reduce<Holder>(commonHolder, ANY);
		default:
			return undefined;
	}
}

/** The holder of a text that consists of two parts. */
function commonHolder(a: Holder, b: Holder): Holder {
	if (a === ANY) return b;
	return b === ANY || a === b ? a : undefined;
}

/** Whether a whole text is read from one object. */
export function isOneHolder(holder: Holder): boolean {
	return holder !== undefined && holder !== ANY;
}

function objectOf(scopes: Scopes, object: Node): Holder {
	if (object.type === "ThisExpression") return thisOwner(object);
	return object.type === "Identifier" ? constantOf(scopes, object) : undefined;
}

/** A variable that is assigned where it is declared, and nowhere else. */
function constantOf(scopes: Scopes, name: Node) {
	const binding = scopes.resolve(name);
	if (binding === undefined || binding.declarations.length !== 1) return undefined;
	const [declaration] = binding.declarations;
	return scopes.uses(binding).writes.every((write) => write === declaration) ? binding : undefined;
}

/** The pattern that gives a variable its value: `const { prefix, name } = item`. */
function patternOf(scopes: Scopes, name: Node): Holder {
	const parent = constantOf(scopes, name)?.declarations[0]?.parent;
	if (parent?.type === "ArrayPattern") return parent;
	return parent?.type === "Property" ? parent.parent : undefined;
}
