/**
 * The syntax tree as the analysis sees it: ESTree nodes with a link to the node around them. A leaf.
 */

/** One ESTree node. Which fields it has depends on `type`; the parser is the authority on that. */
export interface Node {
	type: string;
	/** Offsets in UTF-16 code units. */
	start: number;
	end: number;
	/** Set by the scope pass. Keys, labels and literals have none: nothing flows through them. */
	parent?: Node;
	// biome-ignore lint/suspicious/noExplicitAny: the fields of some 90 node types, read behind a check of `type`.
	[field: string]: any;
}

/** What a function is made from: everything that has parameters and a body. */
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

/** The key of a member or property where the text alone tells it; private names keep their `#`. */
export function staticKey(key: Node, computed: boolean): string | undefined {
	if (!computed && key.type === "Identifier") return key.name as string;
	if (key.type === "PrivateIdentifier") return `#${key.name as string}`;
	if (key.type === "Literal" && (typeof key.value === "string" || typeof key.value === "number")) {
		return String(key.value);
	}
	return undefined;
}

/** The function, field initialiser, static block or program that a node's `this` belongs to. */
export function thisOwner(node: Node): Node {
	let current = node;
	for (let parent = current.parent; parent !== undefined; current = parent, parent = parent.parent) {
		if (parent.type === "FunctionDeclaration" || parent.type === "FunctionExpression") return parent;
		if (parent.type === "StaticBlock" || parent.type === "Program") return parent;
		if (parent.type === "PropertyDefinition" && parent.value === current) return parent;
	}
	return current;
}

/** The function whose body a node is in, or undefined at the top level. */
export function enclosingFunction(node: Node): Node | undefined {
	let parent = node.parent;
	while (parent !== undefined && !isFunction(parent)) parent = parent.parent;
	return parent;
}

/** The class that a method or field belongs to. */
export function enclosingClass(node: Node): Node | undefined {
	let parent = node.parent;
	while (parent !== undefined && !isClass(parent)) parent = parent.parent;
	return parent;
}

/** Whether a node stands where a value is put rather than read. */
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
