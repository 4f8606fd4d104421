/**
 * Backward analysis of conditions on names: where code runs only if a variable is one of some names, the variable has
 * these names in place of values that are not known. `if (!ALLOWED.has(name)) return;`
 */

import { endsBlock } from "../bundle/completions.ts";
import type { Binding } from "../bundle/names.ts";
import { type Node, staticKey } from "../bundle/syntax.ts";
import { unify } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { type Value, ValueSet, withContext } from "../engine/values.ts";
import {
	functionOf,
	isConstant,
	type Names,
	namesIfFalse,
	namesIfTrue,
	positionOf,
} from "../environment/allowed-names.ts";

/** Methods and operators that compare a name with others. */
const COMPARING = new Set(["has", "includes", "indexOf", "hasOwn", "hasOwnProperty", "call", "test"]);

/** Whether a condition may look at a read of a variable. */
function isCompared(read: Node): boolean {
	const parent = read.parent;
	switch (parent?.type) {
		case "BinaryExpression":
			return ["===", "!==", "in"].includes(parent.operator);
		case "SwitchStatement":
			return parent.discriminant === read;
		case "MemberExpression":
			return parent.object === read && !parent.computed && parent.property.name === "startsWith";
		case "CallExpression": {
			if (parent.callee === read) return false;
			const { type, property, computed } = parent.callee as Node;
			if (type === "Identifier") return true;
			return type === "MemberExpression" && COMPARING.has(staticKey(property, computed) ?? "");
		}
		default:
			return false;
	}
}

/** Whether conditions may say what a variable is. It never changes. */
function mayBeGuarded(engine: Engine, binding: Binding): boolean {
	const { compared } = engine.remembered;
	let known = compared.get(binding);
	if (known === undefined) {
		const { declarations } = binding;
		const { reads, writes } = engine.scopes.uses(binding);
		known =
			declarations.length === 1 &&
			reads.length > 1 &&
			writes.every((write) => declarations.includes(write)) &&
			reads.some(isCompared);
		compared.set(binding, known);
	}
	return known;
}

/**
 * A set for the values of a variable at a read, if the code around may say which names the variable has.
 * @param into receives the values that it gets, and the names in place of those that are not known
 */
export function guardedBy(engine: Engine, read: Node, binding: Binding, into: ValueSet): ValueSet {
	if (engine.isForeign(read) || !mayBeGuarded(engine, binding)) return into;
	const values = new ValueSet();
	let names: Names | null | undefined;
	engine.solver.onValue(values, (value) => {
		if (value.kind !== "unknown" || value.prefix !== undefined) return engine.solver.add(into, value);
		if (names === undefined) names = namesAt(engine, read) ?? null;
		if (names === null) return engine.solver.add(into, value);
		names(engine, (name) => addInContextOf(engine, value, name, into));
	});
	return values;
}

function addInContextOf(engine: Engine, value: Value, name: Value, into: ValueSet) {
	const context = unify(name.context, value.context);
	if (context !== undefined) engine.solver.add(into, withContext(name, context));
}

/** The names that a variable has at a read, by the conditions around it; undefined without such a condition. */
function namesAt(engine: Engine, read: Node): Names | undefined {
	const { scopes } = engine;
	for (let inner = read, outer = read.parent; outer !== undefined; inner = outer, outer = outer.parent) {
		// Code may call a declared function before a condition is checked.
		if (outer.type === "FunctionDeclaration") return undefined;
		const found = namesByParent(engine, inner, outer, read);
		if (found !== undefined) return found;
		if (outer === scopes.resolve(read)?.scope) return undefined;
	}
	return undefined;
}

function namesByParent({ scopes }: Engine, inner: Node, outer: Node, read: Node): Names | undefined {
	switch (outer.type) {
		case "IfStatement":
		case "ConditionalExpression":
			if (outer.consequent === inner) return namesIfTrue(scopes, outer.test, read);
			return outer.alternate === inner ? namesIfFalse(scopes, outer.test, read) : undefined;
		case "LogicalExpression":
			if (outer.right !== inner || outer.operator === "??") return undefined;
			return outer.operator === "&&"
				? namesIfTrue(scopes, outer.left, read)
				: namesIfFalse(scopes, outer.left, read);
		case "SwitchCase":
			return namesOfCase(scopes, inner, outer, read) ?? namesAfter(scopes, inner, outer.consequent, read);
		case "BlockStatement":
		case "Program":
			return namesAfter(scopes, inner, outer.body, read);
		default:
			return undefined;
	}
}

type Scopes = Engine["scopes"];

/** The names of `case "A": case "B":`, where the cases before end. */
function namesOfCase(scopes: Scopes, inner: Node, current: Node, read: Node): Names | undefined {
	const { discriminant, cases } = current.parent as Node;
	const isSame = discriminant.type === "Identifier" && scopes.resolve(discriminant) === scopes.resolve(read);
	if (!isSame || current.test === inner) return undefined;
	const tests: Node[] = [];
	for (let at = (cases as Node[]).indexOf(current); at >= 0; at--) {
		const one = cases[at] as Node;
		if (one !== current && endsBlock((one.consequent as Node[]).at(-1))) break;
		// The case for all other names.
		if (one.test === null) return undefined;
		tests.push(one.test);
	}
	return (engine, into) => {
		for (const test of tests) engine.solver.onValue(engine.evaluate(test), into);
	};
}

/** The names that are left after statements such as `if (!ALLOWED.has(name)) return;` and `check(name);` */
function namesAfter(scopes: Scopes, inner: Node, statements: readonly Node[], read: Node): Names | undefined {
	for (const statement of statements) {
		if (statement === inner) return undefined;
		const found = namesPast(scopes, statement, read);
		if (found !== undefined) return found;
	}
	return undefined;
}

function namesPast(scopes: Scopes, statement: Node, read: Node): Names | undefined {
	if (statement.type === "IfStatement" && !statement.alternate && endsBlock(statement.consequent))
		return namesIfFalse(scopes, statement.test, read);
	if (statement.type !== "ExpressionStatement") return undefined;
	const { type, callee } = statement.expression as Node;
	if (type !== "CallExpression" || callee.type !== "Identifier") return undefined;
	const at = positionOf(scopes, statement.expression, read);
	const fn = functionOf(scopes, callee);
	const param = at < 0 || fn?.body.type !== "BlockStatement" ? undefined : (fn.params as Node[])[at];
	if (param?.type !== "Identifier" || fn === undefined || !isConstant(scopes, param)) return undefined;
	return namesAfterAll(scopes, fn.body.body, param);
}

/** The names that a function lets pass that throws for others. */
function namesAfterAll(scopes: Scopes, statements: readonly Node[], param: Node): Names | undefined {
	for (const statement of statements) {
		if (statement.type !== "IfStatement" || statement.alternate) return undefined;
		const { consequent } = statement;
		const last = consequent.type === "BlockStatement" ? (consequent.body as Node[]).at(-1) : consequent;
		if (last?.type !== "ThrowStatement") return undefined;
		const found = namesIfFalse(scopes, statement.test, param);
		if (found !== undefined) return found;
	}
	return undefined;
}
