/** Moves nodes to other positions. */
import { visitorKeys } from "oxc-parser";
import type { Node } from "./syntax.ts";

/** Every node of some trees, names and literals included. */
export function treeNodes(roots: readonly Node[]): readonly Node[] {
	const nodes = [...roots];
	// A list that grows while it is iterated yields what was added.
	for (const node of nodes) {
		for (const key of visitorKeys[node.type] ?? []) {
			const child = node[key] as Node | (Node | null)[] | null | undefined;
			if (Array.isArray(child)) {
				for (const inner of child) if (inner !== null) nodes.push(inner);
			} else if (child !== null && child !== undefined) nodes.push(child);
		}
	}
	return nodes;
}

/** Adds a number of code units to the positions of nodes. */
export function shiftNodes(nodes: readonly Node[], by: number) {
	for (const node of nodes) {
		node.start += by;
		node.end += by;
	}
}
