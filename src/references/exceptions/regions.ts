/** Regions: parts of the code that an exception leaves as a whole. */
import { isFunction, type Node } from "../bundle/syntax.ts";

/**
 * Where an exception of a node goes first: the handler of the innermost `try`, the innermost function, the
 * initialiser of a field, or the program.
 */
export function regionOf(node: Node): Node {
	let inner = node;
	for (let outer = node.parent; outer !== undefined; inner = outer, outer = outer.parent) {
		if (outer.type === "TryStatement" && outer.block === inner && outer.handler) return outer.handler;
		if (isFunction(outer) || isInitialiser(outer, inner)) return outer;
	}
	return inner;
}

/** Whether a node is the value that each instance of a class computes for a field. */
function isInitialiser(outer: Node, inner: Node): boolean {
	return outer.type === "PropertyDefinition" && !outer.static && outer.value === inner;
}

/** Whether a node may run several times before an exception leaves a part of the code around it. */
export function isRepeatedWithin(node: Node, outer: Node): boolean {
	for (let around = node.parent; around !== undefined && around !== outer; around = around.parent)
		if (/^(?:For|While|DoWhile)/.test(around.type)) return true;
	return false;
}

/**
 * The nodes that run in a region itself, in any order. Functions in it do not, nor what another handler catches, nor
 * the fields of instances.
 * @param root a block, a function, or the value of a field
 * @param childrenOf the fields of a node that hold code
 */
export function* nodesOf(root: Node, childrenOf: (node: Node) => readonly string[]): Generator<Node> {
	const stack: Node[] = [root];
	for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
		if (node !== root && isFunction(node)) continue;
		yield node;
		for (const key of childrenOf(node)) {
			const isCaught = node.type === "TryStatement" && key === "block" && node.handler;
			const isOfInstance = node.type === "PropertyDefinition" && key === "value" && !node.static;
			if (isCaught || isOfInstance) continue;
			const child = node[key] as Node | (Node | null)[] | null | undefined;
			for (const inner of Array.isArray(child) ? child : [child]) if (inner) stack.push(inner);
		}
	}
}
