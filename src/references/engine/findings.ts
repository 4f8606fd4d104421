import type { Node } from "../bundle/syntax.ts";

/** What the analysis found, by node; positions are worked out at the end. */
export class Findings {
	readonly references = new Map<string, Set<Node>>();
	readonly dynamic = new Map<Node, string>();

	addReference(name: string, node: Node) {
		const nodes = this.references.get(name);
		if (nodes === undefined) this.references.set(name, new Set([node]));
		else nodes.add(node);
	}

	/** The first reason given for a node stays. */
	addDynamic(node: Node, why: string) {
		if (!this.dynamic.has(node)) this.dynamic.set(node, why);
	}
}
