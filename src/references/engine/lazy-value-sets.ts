/** Value sets that are created on demand, one for each node of the syntax tree. */
import type { Node } from "../bundle/syntax.ts";
import { ValueSet } from "./values.ts";

/**
 * @param fill is called once for each node that is requested. It adds to the empty set or enqueues that work.
 * @param sets receives each set that is created
 * @returns the set of a node, always the same one
 */
export function lazyValueSets(
	fill: (node: Node, into: ValueSet) => void,
	sets = new Map<Node, ValueSet>(),
): (node: Node) => ValueSet {
	return (node) => {
		let set = sets.get(node);
		if (set === undefined) {
			set = new ValueSet();
			// The set is stored before it is filled, so that a node whose value depends on itself finds it.
			sets.set(node, set);
			fill(node, set);
		}
		return set;
	};
}
