/** Backward analysis of operators: concatenation, comparison and assignment. */
import { isFunction, type Node } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import {
	BOOLEANS,
	booleanValue,
	NOTHING,
	stringValue,
	unknownValue,
	type Value,
	ValueSet,
	withContext,
} from "../engine/values.ts";
import { calculate, negate } from "../models/text/arithmetic.ts";
import { combine, concatenate } from "../models/text/concatenation.ts";
import { conversionAt } from "../models/text/conversions.ts";
import { holderOf, isOneHolder } from "./holders.ts";

/** Concatenates the pieces from left to right, in every combination whose contexts unify. */
export function evaluateTemplate(engine: Engine, node: Node, into: ValueSet) {
	let joined = engine.solver.singleton(stringValue(node.quasis[0].value.cooked ?? ""));
	const isOne = isOneHolder(holderOf(engine, node));
	const convert = conversionAt(engine, node, "string");
	for (const [index, expression] of (node.expressions as Node[]).entries()) {
		const next = new ValueSet();
		concatenate(engine.solver, joined, engine.evaluate(expression), next, isOne, convert);
		joined = next;
		const piece = node.quasis[index + 1].value.cooked ?? "";
		if (piece === "") continue;
		const withPiece = new ValueSet();
		concatenate(engine.solver, joined, engine.solver.singleton(stringValue(piece)), withPiece);
		joined = withPiece;
	}
	engine.solver.include(joined, into);
}

const COMPARISONS = new Set(["==", "!=", "===", "!==", "<", "<=", ">", ">=", "in", "instanceof"]);

export function evaluateBinary(engine: Engine, node: Node, into: ValueSet) {
	if (COMPARISONS.has(node.operator)) return addBooleans(engine, into);
	if (node.operator !== "+") {
		const make = (left: Value, right: Value) => calculate(node.operator, left, right);
		return combine(engine.solver, engine.evaluate(node.left), engine.evaluate(node.right), into, make);
	}
	const isOne = isOneHolder(holderOf(engine, node));
	const convert = conversionAt(engine, node, "default");
	concatenate(engine.solver, engine.evaluate(node.left), engine.evaluate(node.right), into, isOne, convert);
}

/** `left && right` is the left value where that is false, and the right one otherwise. */
export function evaluateLogical(engine: Engine, node: Node, into: ValueSet) {
	const { solver } = engine;
	const left = engine.evaluate(node.left);
	solver.include(engine.evaluate(node.right), into);
	if (node.operator !== "&&") return solver.include(left, into);
	solver.add(into, NOTHING);
	solver.onValue(left, (value) => {
		const isEmptyText =
			value.kind === "string" && (value.text === "" || (value.numeric && value.text === "0"));
		if (isEmptyText || (value.kind === "nothing" && value.text === "false")) solver.add(into, value);
		else if (value.kind === "unknown") solver.add(into, booleanValue(false));
	});
}

/** The value of an assignment expression is the value that the target has afterwards. */
export function evaluateAssignment(engine: Engine, node: Node, into: ValueSet) {
	if (node.operator === "+=") {
		if (node.left.type === "Identifier") return evaluateAppend(engine, node, into);
		return concatenate(engine.solver, engine.evaluate(node.left), engine.evaluate(node.right), into);
	}
	if (["=", "||=", "??=", "&&="].includes(node.operator))
		engine.solver.include(engine.evaluate(node.right), into);
	else engine.solver.add(into, unknownValue("a computed value"));
	if (node.operator.length === 3) engine.solver.include(engine.evaluate(node.left), into);
}

/**
 * `text += more`: the values of the variable's other assignments, with one piece appended. If pieces may be appended
 * several times, in a loop or by several statements, the text is unknown.
 */
function evaluateAppend(engine: Engine, node: Node, into: ValueSet) {
	const binding = engine.scopes.resolve(node.left);
	if (binding === undefined) return engine.solver.add(into, unknownValue("a computed value"));
	const { writes } = engine.scopes.uses(binding);
	const others = writes.filter((write) => write !== node.left);
	const isRepeatedAppend =
		others.some((write) => write.parent?.operator === "+=") || isRepeated(node, binding.scope);
	if (isRepeatedAppend) return engine.solver.add(into, unknownValue("a string built in several steps"));
	const before = new ValueSet();
	for (const target of [...binding.declarations, ...others])
		engine.solver.include(engine.assigned(target), before);
	concatenate(engine.solver, before, engine.evaluate(node.right), into);
}

/**
 * Whether a node may run several times for one variable: in a loop, or in a function inside the variable's
 * scope.
 */
export function isRepeated(node: Node, scope: Node): boolean {
	for (let outer = node.parent; outer !== undefined && outer !== scope; outer = outer.parent) {
		if (isFunction(outer) || outer.type.startsWith("For") || outer.type.endsWith("WhileStatement"))
			return true;
	}
	// The variable of `for (let i = 0; …)` keeps its value in the next iteration.
	return scope.type === "ForStatement" && !isWithin(node, scope.init);
}

function isWithin(node: Node, outer: Node | null): boolean {
	return outer !== null && node.start >= outer.start && node.end <= outer.end;
}

export function evaluateUnary(engine: Engine, node: Node, into: ValueSet) {
	if (node.operator === "!" || node.operator === "delete") return addBooleans(engine, into);
	if (node.operator === "void") return engine.solver.add(into, NOTHING);
	if (node.operator === "typeof") return engine.solver.add(into, unknownValue("the name of a type"));
	engine.solver.onValue(engine.evaluate(node.argument), (value) =>
		engine.solver.add(into, withContext(negate(node.operator, value), value.context)),
	);
}

function addBooleans(engine: Engine, into: ValueSet) {
	for (const value of BOOLEANS) engine.solver.add(into, value);
}
