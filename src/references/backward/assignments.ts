/** Backwards: what variables, parameters and patterns receive, and what functions return. */

import { isFunction, type Node, staticKey } from "../bundle/syntax.ts";
import { join } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { onePass } from "../engine/passes.ts";
import { Cell, makeValue, NOTHING, place, thingValue, unknown, type Value } from "../engine/values.ts";
import { enumerated } from "../environment/name-reads.ts";
import { importedValue } from "../environment/runtime-apis.ts";
import { parameter } from "./functions.ts";

/** The cell of a place that values are put into. */
export function makeTarget(engine: Engine): (node: Node) => Cell {
	const cells = new Map<Node, Cell>();
	return (node) => {
		let cell = cells.get(node);
		if (cell === undefined) {
			const created = new Cell();
			cell = created;
			cells.set(node, created);
			engine.solver.later(() => fill(engine, node, created));
		}
		return cell;
	};
}

function fill(engine: Engine, node: Node, cell: Cell) {
	const { solver } = engine;
	const parent = node.parent as Node;
	switch (parent.type) {
		case "VariableDeclarator":
			if (parent.init) return solver.feed(engine.evaluate(parent.init), cell);
			if (isLoop(parent.parent?.parent) && parent.parent?.parent?.left === parent.parent) {
				return loopVariable(engine, parent.parent?.parent as Node, cell);
			}
			return solver.add(cell, NOTHING);
		case "AssignmentExpression":
			return solver.feed(engine.evaluate(parent), cell);
		case "ForOfStatement":
		case "ForInStatement":
			return loopVariable(engine, parent, cell);
		case "AssignmentPattern":
			return withDefault(engine, parent, cell);
		case "Property":
			return property(engine, parent, cell);
		case "ArrayPattern": {
			const key = String(parent.elements.indexOf(node));
			return solver.each(engine.target(parent), (value) =>
				engine.read(value, key, (found) => solver.add(cell, found)),
			);
		}
		case "RestElement":
			return rest(engine, parent, cell);
		case "FunctionDeclaration":
		case "FunctionExpression":
		case "ArrowFunctionExpression":
			if (parent.id === node) return solver.add(cell, thingValue(engine.things.of(parent)));
			return parameter(engine, engine.things.of(parent), parent.params.indexOf(node), cell);
		case "ClassDeclaration":
		case "ClassExpression":
			return solver.add(cell, thingValue(engine.things.of(parent)));
		case "UpdateExpression":
			return counter(engine, node, parent, cell);
		default:
			solver.add(cell, importedValue(parent) ?? unknown("a computed value"));
	}
}

function isLoop(node: Node | undefined): boolean {
	return node?.type === "ForOfStatement" || node?.type === "ForInStatement";
}

function loopVariable(engine: Engine, loop: Node, cell: Cell) {
	const { solver } = engine;
	const add = (found: Value) => solver.add(cell, onePass(engine, found, loop));
	solver.each(engine.evaluate(loop.right), (value) => {
		if (loop.type === "ForOfStatement") return engine.elements(value, add);
		if (value.kind === "object") solver.each(engine.names(value.thing), add);
		else for (const name of enumerated(engine, value, loop)) solver.add(cell, place(name, value.context));
	});
}

/** The most values of a counter that are told apart. */
const COUNT_MAX = 64;

/** `for (let i = 1; i <= 3; i++)`, where both ends are numbers. */
function counter(engine: Engine, node: Node, update: Node, cell: Cell) {
	const { solver } = engine;
	const loop = update.parent as Node;
	const declared =
		loop.type === "ForStatement" && loop.init?.type === "VariableDeclaration" ? loop.init.declarations : [];
	const start = declared.find((declarator: Node) => declarator.id.name === node.name)?.init?.value;
	const test = loop.test as Node | null | undefined;
	const bounded =
		test?.type === "BinaryExpression" && ["<", "<="].includes(test.operator) && test.left.name === node.name;
	if (typeof start !== "number" || !bounded || update !== loop.update || update.operator !== "++") {
		return solver.add(cell, unknown("a counter"));
	}
	solver.each(engine.evaluate(test.right), (end) => {
		const last =
			end.kind === "string" && end.numeric ? Number(end.text) - (test.operator === "<" ? 1 : 0) : Number.NaN;
		if (!(last - start <= COUNT_MAX)) return solver.add(cell, unknown("a counter"));
		for (let at = start; at <= last; at++)
			solver.add(cell, makeValue({ kind: "string", text: String(at), numeric: true }));
	});
}

/** A default stands in where there may be no value, and only there. */
function withDefault(engine: Engine, pattern: Node, cell: Cell) {
	const { solver } = engine;
	solver.each(engine.target(pattern), (value) => {
		if (value.kind !== "nothing") return solver.add(cell, value);
		solver.each(engine.evaluate(pattern.right), (standIn) => {
			const context = join(standIn.context, value.context);
			if (context !== undefined) solver.add(cell, place(standIn, context));
		});
	});
}

function property(engine: Engine, node: Node, cell: Cell) {
	const { solver } = engine;
	const object = engine.target(node.parent as Node);
	const key = staticKey(node.key, node.computed);
	const readAs = (by: string | undefined) =>
		solver.each(object, (value) => engine.read(value, by, (found) => solver.add(cell, found)));
	if (key !== undefined) return readAs(key);
	const seen = new Set<string | undefined>();
	solver.each(engine.evaluate(node.key), (value) => {
		const by = value.kind === "string" ? value.text : undefined;
		if (!seen.has(by)) readAs(by);
		seen.add(by);
	});
}

function rest(engine: Engine, node: Node, cell: Cell) {
	const { solver } = engine;
	const parent = node.parent as Node;
	if (isFunction(parent)) {
		const thing = engine.things.made(node, "rest", "array");
		solver.add(cell, thingValue(thing));
		return parameter(engine, engine.things.of(parent), parent.params.indexOf(node), thing.open, true);
	}
	solver.each(engine.target(parent), (value) => {
		if (parent.type === "ObjectPattern") return solver.add(cell, value);
		const thing = engine.things.made(node, "rest", "array");
		engine.elements(value, (found) => solver.add(thing.open, found));
		solver.add(cell, thingValue(thing, value.context));
	});
}
