/** Reads of the environment as an object (`process.env`). */
import type { Node } from "../bundle/syntax.ts";
import { unify } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import type { Value, ValueSet } from "../engine/values.ts";
import { prefixPattern } from "../evidence/name-pattern.ts";
import { usedPrefixes } from "./listing-filters.ts";
import { recordReads } from "./name-reads.ts";
import { placeOf } from "./places.ts";
import { hasApiWithPrefix } from "./runtime-apis.ts";
import { readsOfCopy } from "./spread-copies.ts";

/** Each function records a read if the value is the environment, and does nothing for other values. */
export const objectReads = {
	/** `env.X` */
	ofKey(engine: Engine, value: Value, key: string, node: Node) {
		if (value.kind === "runtime" && value.api === "env") engine.findings.addReference(key, node);
	},
	/** `env[key]`, or `globalThis[key]`, which may be the environment where the key is not known. */
	ofComputedKeys(engine: Engine, value: Value, keys: ValueSet, node: Node) {
		if (value.kind !== "runtime") return;
		if (value.api === "env") return recordReads(engine, keys, value, node);
		engine.solver.onValue(keys, (key) => {
			// A method of an object may convert it to a text.
			const isKnown = key.kind === "object" ? key.object.builtinClass === "Symbol" : key.kind !== "unknown";
			if (isKnown || unify(key.context, value.context) === undefined) return;
			if (hasApiWithPrefix(value.api, key.kind === "unknown" ? (key.prefix ?? "") : ""))
				engine.findings.addDynamic(placeOf(engine, key, node), "a property is read whose name is not known");
		});
	},
	/** `key in env` */
	ofInOperator(engine: Engine, value: Value, node: Node) {
		objectReads.ofComputedKeys(engine, value, engine.evaluate(node.left), node);
	},
	/**
	 * A listing of all names.
	 * @returns whether the code around uses only names with known prefixes
	 */
	ofListing(engine: Engine, value: Value, listing: Node): boolean {
		if (value.kind !== "runtime" || value.api !== "env") return false;
		const prefixes = usedPrefixes(engine.scopes, listing);
		for (const prefix of prefixes ?? []) engine.findings.addReference(prefixPattern(prefix), listing);
		return prefixes !== undefined;
	},
	/**
	 * `{ ...env }`
	 * @returns whether the code reads the copy by known names only
	 */
	ofSpread(engine: Engine, value: Value, spread: Node): boolean {
		if (value.kind !== "runtime" || value.api !== "env" || spread.parent?.type !== "ObjectExpression")
			return false;
		const reads = readsOfCopy(engine.scopes, spread.parent);
		for (const { name, node } of reads ?? []) engine.findings.addReference(name, node);
		return reads !== undefined;
	},
	/**
	 * Any other use of the whole environment.
	 * @param why the reason of the dynamic access
	 */
	ofEverything(engine: Engine, value: Value, node: Node, why: string) {
		if (value.kind === "runtime" && hasApiWithPrefix(value.api, "")) engine.findings.addDynamic(node, why);
	},
};
