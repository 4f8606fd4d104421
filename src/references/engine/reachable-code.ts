/**
 * Determines which code surely never runs. A function surely never runs if the analysis has followed it to all its
 * uses, none of them calls it from code that may run, and none passes it to code outside the analysis. All other code
 * may run.
 */
import { isFunction, type Node } from "../bundle/syntax.ts";
import type { Engine } from "./engine.ts";

/** Methods that operators and built-in functions call without naming them. */
const IMPLICIT_METHODS = new Set(["toString", "valueOf", "toJSON", "then"]);

export class ReachableCode {
	readonly #engine: Engine;
	readonly #known = new Map<Node, boolean>();
	/** Whether more functions are followed than before. The next run finds their calls. */
	hasFollowed = false;

	constructor(engine: Engine) {
		this.#engine = engine;
	}

	/** Whether a node may run. A node of a function may not run before the function was followed. */
	mayRun(node: Node): boolean {
		let outer = node.parent;
		while (outer !== undefined && !isFunction(outer)) outer = outer.parent;
		if (outer === undefined || this.#engine.isReached(outer)) return true;
		if (!this.#engine.isForeign(outer)) return false;
		const known = this.#known.get(outer);
		if (known !== undefined) return known;
		// A function that only itself calls never runs.
		this.#known.set(outer, false);
		const result = this.#isCalled(outer);
		this.#known.set(outer, result);
		return result;
	}

	#isCalled(fn: Node): boolean {
		const engine = this.#engine;
		const object = engine.objects.atNode(fn);
		if (!object.tracked) {
			engine.track(object);
			this.hasFollowed = true;
			return false;
		}
		if (object.escaped) return true;
		if (isImplicit(fn) && this.mayRun(fn)) return true;
		for (const { site } of object.callEdges.values()) if (this.mayRun(site.node)) return true;
		return false;
	}
}

/** Whether a function may be called without a call in the code: an accessor, or a method such as `toJSON`. */
export function isImplicit(fn: Node): boolean {
	const member = fn.parent;
	if (member === undefined || (member.type !== "Property" && member.type !== "MethodDefinition"))
		return false;
	if (member.kind === "get" || member.kind === "set" || member.computed) return true;
	return IMPLICIT_METHODS.has(member.key?.name ?? member.key?.value);
}
