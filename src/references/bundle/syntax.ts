/** The syntax tree: ESTree nodes, each with a link to its parent. */

/** An ESTree node. Its fields depend on `type`, as the parser defines them. */
export interface Node {
	type: string;
	/** Offsets in the bundle, in UTF-16 code units. */
	start: number;
	end: number;
	/** Set by `Scopes`. Static keys, labels and literals have none, since no value is assigned to them. */
	parent?: Node;
	// biome-ignore lint/suspicious/noExplicitAny: the fields of some 90 node types, read after a check of `type`.
	[field: string]: any;
}

/** Whether a node is a function: a declaration, an expression or an arrow function. */
export function isFunction(node: Node): boolean {
	return (
		node.type === "FunctionDeclaration" ||
		node.type === "FunctionExpression" ||
		node.type === "ArrowFunctionExpression"
	);
}

export function isClass(node: Node): boolean {
	return node.type === "ClassDeclaration" || node.type === "ClassExpression";
}

/** The key of a property if the syntax alone determines it. A private name keeps its `#`. */
export function staticKey(key: Node, computed: boolean): string | undefined {
	if (!computed && key.type === "Identifier") return key.name as string;
	if (key.type === "PrivateIdentifier") return `#${key.name as string}`;
	if (key.type === "Literal" && (typeof key.value === "string" || typeof key.value === "number")) {
		return String(key.value);
	}
	return computed ? symbolKey(key) : undefined;
}

/** Whether a property of a literal gives the object its prototype: `__proto__: base`. */
export function isPrototype(property: Node): boolean {
	if (property.type !== "Property" || property.computed || property.shorthand || property.method)
		return false;
	return (property.key.name ?? property.key.value) === "__proto__";
}

/** `[Symbol.iterator]` is the key `@@iterator`. No identifier or variable has such a name. */
function symbolKey(key: Node): string | undefined {
	const isSymbol = key.type === "MemberExpression" && !key.computed && key.object.name === "Symbol";
	return isSymbol ? `@@${key.property.name as string}` : undefined;
}

/** The function, field initialiser, static block or program whose `this` a node uses. */
export function thisOwner(node: Node): Node {
	let current = node;
	for (let parent = current.parent; parent !== undefined; current = parent, parent = parent.parent) {
		if (parent.type === "FunctionDeclaration" || parent.type === "FunctionExpression") return parent;
		if (parent.type === "StaticBlock" || parent.type === "Program") return parent;
		if (parent.type === "PropertyDefinition" && parent.value === current) return parent;
	}
	return current;
}

/** The innermost function around a node; undefined at the top level. */
export function enclosingFunction(node: Node): Node | undefined {
	let parent = node.parent;
	while (parent !== undefined && !isFunction(parent)) parent = parent.parent;
	return parent;
}

/** The innermost class around a node. */
export function enclosingClass(node: Node): Node | undefined {
	let parent = node.parent;
	while (parent !== undefined && !isClass(parent)) parent = parent.parent;
	return parent;
}

/** Whether a node is the target of an assignment, a loop or a pattern, and is written rather than read. */
export function isTarget(node: Node): boolean {
	const parent = node.parent;
	if (parent === undefined) return false;
	switch (parent.type) {
		case "AssignmentExpression":
		case "AssignmentPattern":
		case "ForOfStatement":
		case "ForInStatement":
			return parent.left === node;
		case "Property":
			return parent.value === node && parent.parent?.type === "ObjectPattern";
		case "ArrayPattern":
		case "RestElement":
			return true;
		default:
			return false;
	}
}
