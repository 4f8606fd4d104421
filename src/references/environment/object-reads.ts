import type { Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import type { Cell, Value } from "../engine/values.ts";
import { prefixName } from "../evidence/name-pattern.ts";
import { startsUsed } from "./listing-filters.ts";
import { readNames } from "./name-reads.ts";
import { readsOfCopy } from "./spread-copies.ts";

/** Reads of the environment as an object. Nothing happens with other values. */

export const enumerate = {
	/** `env.X`. */
	key(engine: Engine, value: Value, key: string, node: Node) {
		if (value.kind === "runtime" && value.native === "env") engine.findings.reference(key, node);
	},
	/** `env[key]`. */
	keys(engine: Engine, value: Value, keys: Cell, node: Node) {
		if (value.kind === "runtime" && value.native === "env") readNames(engine, keys, value, node);
	},
	/** `key in env`. */
	has(engine: Engine, value: Value, node: Node) {
		enumerate.keys(engine, value, engine.evaluate(node.left), node);
	},
	/** Its names are listed. @returns whether all that the code around uses begin in ways that are known */
	filtered(engine: Engine, value: Value, enumeration: Node): boolean {
		if (value.kind !== "runtime" || value.native !== "env") return false;
		const starts = startsUsed(engine.scopes, enumeration);
		for (const start of starts ?? []) engine.findings.reference(prefixName(start), enumeration);
		return starts !== undefined;
	},
	/** It is spread into an object. @returns whether all that is read of that is known by name */
	copied(engine: Engine, value: Value, spread: Node): boolean {
		if (value.kind !== "runtime" || value.native !== "env" || spread.parent?.type !== "ObjectExpression")
			return false;
		const reads = readsOfCopy(engine.scopes, spread.parent);
		for (const { name, node } of reads ?? []) engine.findings.reference(name, node);
		return reads !== undefined;
	},
	/** All of it. */
	all(engine: Engine, value: Value, node: Node, why: string) {
		if (value.kind === "runtime" && (value.native === "env" || value.native === "Deno.env")) {
			engine.findings.dynamicAt(node, why);
		}
	},
};
