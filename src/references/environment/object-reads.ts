import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import type { Value, ValueSet } from "../engine/values.ts";
import { prefixPattern } from "../evidence/name-pattern.ts";
import { usedPrefixes } from "./listing-filters.ts";
import { recordReads } from "./name-reads.ts";
import { readsOfCopy } from "./spread-copies.ts";

/** Reads of the environment as an object. Nothing happens with other values. */
export const objectReads = {
	/** `env.X`. */
	ofKey(engine: Engine, value: Value, key: string, node: Node) {
		if (value.kind === "runtime" && value.api === "env") engine.findings.addReference(key, node);
	},
	/** `env[key]`. */
	ofComputedKeys(engine: Engine, value: Value, keys: ValueSet, node: Node) {
		if (value.kind === "runtime" && value.api === "env") recordReads(engine, keys, value, node);
	},
	/** `key in env`. */
	ofInOperator(engine: Engine, value: Value, node: Node) {
		objectReads.ofComputedKeys(engine, value, engine.evaluate(node.left), node);
	},
	/** Its names are listed. @returns whether all that the code around uses begin in ways that are known */
	ofListing(engine: Engine, value: Value, enumeration: Node): boolean {
		if (value.kind !== "runtime" || value.api !== "env") return false;
		const prefixes = usedPrefixes(engine.scopes, enumeration);
		for (const prefix of prefixes ?? []) engine.findings.addReference(prefixPattern(prefix), enumeration);
		return prefixes !== undefined;
	},
	/** It is spread into an object. @returns whether all that is read of that is known by name */
	ofSpread(engine: Engine, value: Value, spread: Node): boolean {
		if (value.kind !== "runtime" || value.api !== "env" || spread.parent?.type !== "ObjectExpression")
			return false;
		const reads = readsOfCopy(engine.scopes, spread.parent);
		for (const { name, node } of reads ?? []) engine.findings.addReference(name, node);
		return reads !== undefined;
	},
	/** All of it. */
	ofEverything(engine: Engine, value: Value, node: Node, why: string) {
		if (value.kind === "runtime" && (value.api === "env" || value.api === "Deno.env")) {
			engine.findings.addDynamic(node, why);
		}
	},
};
