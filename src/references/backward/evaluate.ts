/** Backwards: what an expression may be, from what it is made of. */

import type { Binding } from "../bundle/scopes.ts";
import { isClass, isFunction, type Node, thisOwner } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import { Cell, makeValue, NOTHING, native, text, thingValue, unknown, type Value } from "../engine/values.ts";
import { globalValue, moduleValue } from "../environment/runtime-apis.ts";
import { argumentsOf } from "./functions.ts";
import { call, member, superValue } from "./members-and-calls.ts";
import { assignment, binary, isRepeated, template, unary } from "./operators.ts";

/** Expressions that are what they hold; promises are transparent. */
const WRAPPERS: Readonly<Record<string, string>> = {
	ChainExpression: "expression",
	ParenthesizedExpression: "expression",
	AwaitExpression: "argument",
};

/** The cell of an expression, which fills as the solver works. */
export function makeEvaluate(engine: Engine): (node: Node) => Cell {
	const cells = new Map<Node, Cell>();
	return (node) => {
		let cell = cells.get(node);
		if (cell === undefined) {
			const created = new Cell();
			cell = created;
			cells.set(node, created);
			if (engine.spend(node)) engine.solver.later(() => fill(engine, node, created));
			else engine.solver.add(created, unknown("the value of a dependency"));
		}
		return cell;
	};
}

function fill(engine: Engine, node: Node, cell: Cell) {
	const { solver } = engine;
	const from = (inner: Node) => solver.feed(engine.evaluate(inner), cell);
	const wrapped = WRAPPERS[node.type];
	if (wrapped !== undefined) return from(node[wrapped]);
	switch (node.type) {
		case "Literal":
			return solver.add(cell, literal(node));
		case "Identifier":
			return identifier(engine, node, cell);
		case "TemplateLiteral":
			return template(engine, node, cell);
		case "BinaryExpression":
			return binary(engine, node, cell);
		case "ConditionalExpression":
			from(node.consequent);
			return from(node.alternate);
		case "LogicalExpression":
			if (node.operator !== "&&") from(node.left);
			else solver.add(cell, NOTHING);
			return from(node.right);
		case "AssignmentExpression":
			return assignment(engine, node, cell);
		case "SequenceExpression":
			return from(node.expressions.at(-1));
		case "MemberExpression":
			return member(engine, node, cell);
		case "CallExpression":
		case "NewExpression":
			return call(engine, node, cell);
		case "ThisExpression":
			return solver.feed(engine.self(thisOwner(node)), cell);
		case "Super":
			return superValue(engine, node, cell);
		case "MetaProperty":
		case "ImportExpression":
			return solver.add(cell, moduleOrMeta(node));
		case "UnaryExpression":
			return unary(engine, node, cell);
		case "ObjectExpression":
		case "ArrayExpression":
			return solver.add(cell, thingValue(engine.things.of(node)));
		default:
			if (isFunction(node) || isClass(node)) return solver.add(cell, thingValue(engine.things.of(node)));
			solver.add(cell, unknown("a computed value"));
	}
}

function moduleOrMeta(node: Node): Value {
	if (node.type === "ImportExpression") {
		return moduleValue(String(node.source.value)) ?? unknown("something imported");
	}
	return node.meta.name === "import" ? native("import.meta") : unknown("a computed value");
}

function literal(node: Node): Value {
	if (typeof node.value === "string") return text(node.value);
	if (typeof node.value === "number")
		return makeValue({ kind: "string", text: String(node.value), numeric: true });
	return node.regex === undefined ? NOTHING : unknown("a pattern");
}

function identifier(engine: Engine, node: Node, cell: Cell) {
	const binding = engine.scopes.resolve(node);
	const known = globalValue(node.name, binding);
	if (known !== undefined) return engine.solver.add(cell, known);
	if (binding === undefined && node.name === "arguments") return argumentsOf(engine, node, cell);
	if (binding === undefined) return engine.solver.add(cell, unknown("a global that is not known"));
	const self = ownAssignment(engine, node, binding);
	if (self !== undefined && isRepeated(self, binding.scope)) {
		return engine.solver.add(cell, unknown("a text put together in steps"));
	}
	for (const declaration of binding.declarations) engine.solver.feed(engine.target(declaration), cell);
	for (const write of engine.scopes.uses(binding).writes) {
		if (write !== self?.left) engine.solver.feed(engine.target(write), cell);
	}
}

/** The assignment `name = … name …` that an identifier is part of: what it reads is from before. */
function ownAssignment(engine: Engine, node: Node, binding: Binding): Node | undefined {
	for (let inner = node, outer = node.parent; outer !== undefined; inner = outer, outer = outer.parent) {
		if (outer.type.endsWith("Statement") || isFunction(outer) || outer.type === "VariableDeclarator")
			return undefined;
		if (outer.type !== "AssignmentExpression" || outer.right !== inner) continue;
		if (outer.left.type === "Identifier" && engine.scopes.resolve(outer.left) === binding) return outer;
	}
	return undefined;
}
