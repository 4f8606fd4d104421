/** Backwards: what an expression may be, from what it is made of. */

import type { Binding } from "../bundle/scopes.ts";
import { enclosingClass, isClass, isFunction, type Node, staticKey, thisOwner } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import {
	Cell,
	join,
	makeValue,
	NOTHING,
	native,
	place,
	text,
	thingValue,
	unknown,
	type Value,
} from "../engine/values.ts";
import { globalValue, moduleValue } from "../environment/runtime-apis.ts";
import { concatenated } from "../models/strings.ts";
import { argumentsOf } from "./functions.ts";
import { onePass } from "./iteration.ts";

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

/** Pieces joined from left to right, each combination whose contexts agree. */
function template(engine: Engine, node: Node, cell: Cell) {
	let joined = new Cell();
	engine.solver.add(joined, text(node.quasis[0].value.cooked ?? ""));
	for (const [index, expression] of (node.expressions as Node[]).entries()) {
		const next = new Cell();
		concatenated(engine.solver, joined, engine.evaluate(expression), next);
		joined = next;
		const piece = node.quasis[index + 1].value.cooked ?? "";
		if (piece === "") continue;
		const literalCell = new Cell();
		const with_ = new Cell();
		engine.solver.add(literalCell, text(piece));
		concatenated(engine.solver, joined, literalCell, with_);
		joined = with_;
	}
	engine.solver.feed(joined, cell);
}

const COMPARISONS = new Set(["==", "!=", "===", "!==", "<", "<=", ">", ">=", "in", "instanceof"]);

function binary(engine: Engine, node: Node, cell: Cell) {
	if (COMPARISONS.has(node.operator)) return engine.solver.add(cell, NOTHING);
	if (node.operator !== "+") return engine.solver.add(cell, unknown("a computed value"));
	concatenated(engine.solver, engine.evaluate(node.left), engine.evaluate(node.right), cell);
}

function assignment(engine: Engine, node: Node, cell: Cell) {
	if (node.operator === "+=") {
		if (node.left.type === "Identifier") return appended(engine, node, cell);
		return concatenated(engine.solver, engine.evaluate(node.left), engine.evaluate(node.right), cell);
	}
	if (["=", "||=", "??=", "&&="].includes(node.operator))
		engine.solver.feed(engine.evaluate(node.right), cell);
	else engine.solver.add(cell, unknown("a computed value"));
	if (node.operator.length === 3) engine.solver.feed(engine.evaluate(node.left), cell);
}

/**
 * `text += more`: what the variable has from elsewhere with one piece added. Where pieces may be added
 * several times, in a loop or by several statements, the text is not known.
 */
function appended(engine: Engine, node: Node, cell: Cell) {
	const binding = engine.scopes.resolve(node.left);
	if (binding === undefined) return engine.solver.add(cell, unknown("a computed value"));
	const { writes } = engine.scopes.uses(binding);
	const others = writes.filter((write) => write !== node.left);
	const repeated = others.some((write) => write.parent?.operator === "+=") || isRepeated(node, binding.scope);
	if (repeated) return engine.solver.add(cell, unknown("a text put together in steps"));
	const before = new Cell();
	for (const place of [...binding.declarations, ...others]) engine.solver.feed(engine.target(place), before);
	concatenated(engine.solver, before, engine.evaluate(node.right), cell);
}

function isRepeated(node: Node, scope: Node): boolean {
	for (let outer = node.parent; outer !== undefined && outer !== scope; outer = outer.parent) {
		if (isFunction(outer) || outer.type.startsWith("For") || outer.type.endsWith("WhileStatement"))
			return true;
	}
	return false;
}

function unary(engine: Engine, node: Node, cell: Cell) {
	const nothing = node.operator === "!" || node.operator === "void" || node.operator === "delete";
	engine.solver.add(cell, nothing ? NOTHING : unknown("a computed value"));
}

function member(engine: Engine, node: Node, cell: Cell) {
	const { solver } = engine;
	const object = engine.evaluate(node.object);
	const key = staticKey(node.property, node.computed);
	const readAll = (value: Value, by: string | undefined, from: Value) => {
		const within = join(value.context, from.context);
		if (within === undefined) return;
		engine.read(value, by, (read) => {
			const found = by === undefined ? onePass(engine, read, node) : read;
			const context = join(found.context, within);
			const named = found.kind === "string" || found.kind === "unknown";
			if (context !== undefined)
				solver.add(cell, place(found, context, found.site ?? (named ? from.site : undefined)));
		});
	};
	if (key !== undefined) return solver.each(object, (value) => readAll(value, key, NOTHING));
	const keys = engine.evaluate(node.property);
	solver.each(object, (value) =>
		solver.each(keys, (by) => readAll(value, by.kind === "string" ? by.text : undefined, by)),
	);
}

function call(engine: Engine, node: Node, cell: Cell) {
	const site = engine.site(node);
	if (node.callee.type !== "Super") {
		return engine.solver.each(engine.evaluate(node.callee), (callee) => engine.invoke(callee, site, cell));
	}
	engine.solver.feed(engine.self(thisOwner(node)), cell);
	const owner = enclosingClass(node);
	if (!owner?.superClass) return;
	engine.solver.each(engine.evaluate(owner.superClass), (above) => engine.invoke(above, site, undefined));
}

/** `super` as an object: an instance of the class above, or that class itself in static methods. */
function superValue(engine: Engine, node: Node, cell: Cell) {
	let element = node.parent;
	while (element !== undefined && element.parent?.type !== "ClassBody") element = element.parent;
	const owner = element?.parent?.parent;
	if (element === undefined || !owner?.superClass)
		return engine.solver.add(cell, unknown("a computed value"));
	const isStatic = element.static || element.type === "StaticBlock";
	engine.solver.each(engine.evaluate(owner.superClass), (above) => {
		if (above.kind !== "thing" || above.thing.kind !== "class") return engine.solver.add(cell, above);
		if (isStatic) return engine.solver.add(cell, above);
		const instance = engine.things.made(owner, `super ${above.thing.id}`, "instance", above.thing);
		engine.solver.add(cell, thingValue(instance, above.context));
	});
}
