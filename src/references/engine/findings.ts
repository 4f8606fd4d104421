import type { Node } from "../bundle/syntax.ts";
import type { ValueSet } from "./values.ts";

/** An access to the environment by names that the analysis evaluates. */
export interface NamedRead {
	readonly node: Node;
	readonly names: ValueSet;
	/** Whether a name fits the calls that reach the access. */
	isNamed: boolean;
}

/** What the analysis has found, as nodes of the bundle. `report.ts` turns nodes into files and lines. */
export class Findings {
	readonly references = new Map<string, Set<Node>>();
	readonly dynamic = new Map<Node, string>();
	readonly reads: NamedRead[] = [];

	/** @param name the name of a variable, or a prefix pattern (`STRIPE_*`) */
	addReference(name: string, node: Node) {
		const nodes = this.references.get(name);
		if (nodes === undefined) this.references.set(name, new Set([node]));
		else nodes.add(node);
	}

	/** Notes that a node may read any variable. The first reason that is given for a node stays. */
	addDynamic(node: Node, why: string) {
		if (!this.dynamic.has(node)) this.dynamic.set(node, why);
	}
}
