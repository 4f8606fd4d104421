/** Backwards: what variables, parameters and patterns receive, and what functions return. */
import type { Engine } from "./engine.ts";
import { importedValue } from "./environment.ts";
import { onePass } from "./iterate.ts";
import { isFunction, type Node, staticKey } from "./syntax.ts";
import { Cell, makeValue, NOTHING, place, type Thing, thingValue, unknown, type Value } from "./values.ts";

/** Why a parameter of a function that unknown code calls is not known. */
export const OUTSIDE = "a parameter that code outside gives";

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
		if (value.kind === "thing") solver.each(engine.names(value.thing), add);
		else solver.add(cell, place(unknown("a name from an enumeration"), value.context));
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
		solver.feed(engine.evaluate(pattern.right), cell);
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

/** What the callers of a function give for a parameter; with `onwards`, for that one and all after it. */
function parameter(engine: Engine, fn: Thing, index: number, cell: Cell, onwards = false) {
	const { solver } = engine;
	engine.onEscape(fn, () => solver.add(cell, unknown(OUTSIDE)));
	engine.onCall(fn, (call) => {
		const { site } = call;
		const last = onwards ? site.arguments.length - 1 : index;
		for (let at = index; at <= last; at++) {
			solver.each(engine.argument(site, at), (value) => {
				const entered = engine.enter(value, fn, call);
				if (entered !== undefined) solver.add(cell, entered);
			});
		}
		if (onwards && site.rest !== undefined && index <= site.arguments.length) {
			solver.each(engine.argument(site, site.arguments.length), (value) => {
				const entered = engine.enter(value, fn, call);
				if (entered !== undefined) solver.add(cell, entered);
			});
		}
	});
}

/** What a function returns, from its own point of view. */
export function makeReturned(engine: Engine): (fn: Node) => Cell {
	const cells = new Map<Node, Cell>();
	return (fn) => {
		let cell = cells.get(fn);
		if (cell === undefined) {
			cell = new Cell();
			cells.set(fn, cell);
			if (fn.generator) engine.solver.add(cell, unknown("a generator's value"));
			for (const node of engine.things.returns(fn)) engine.solver.feed(engine.evaluate(node), cell);
		}
		return cell;
	};
}

/** What `this` is. */
export function makeSelf(engine: Engine): (owner: Node) => Cell {
	const cells = new Map<Node, Cell>();
	return (owner) => {
		let cell = cells.get(owner);
		if (cell === undefined) {
			const created = new Cell();
			cell = created;
			cells.set(owner, created);
			engine.solver.later(() => fillSelf(engine, owner, created));
		}
		return cell;
	};
}

function fillSelf(engine: Engine, owner: Node, cell: Cell) {
	const { solver } = engine;
	if (owner.type === "Program") return;
	const member = owner.parent as Node;
	const element = isFunction(owner) ? member : owner;
	const inClass = element.parent?.type === "ClassBody";
	const outside = () => {
		if (inClass) ownInstances(engine, element, cell);
		else if (member.type === "Property")
			solver.add(cell, thingValue(engine.things.of(member.parent as Node)));
		else solver.add(cell, unknown(OUTSIDE));
	};
	const accessor = isFunction(owner) && (member.kind === "get" || member.kind === "set");
	if (!isFunction(owner) || accessor) return outside();
	const fn = engine.things.of(owner);
	if (inClass && element.kind === "constructor") {
		solver.add(cell, thingValue(engine.things.outside(engine.things.of(element.parent?.parent as Node))));
	}
	engine.onEscape(fn, outside);
	engine.onCall(fn, (call) => {
		if (call.site.self === undefined) return;
		solver.each(call.site.self, (value) => {
			const entered = engine.enter(value, fn, call);
			if (entered !== undefined) solver.add(cell, entered);
		});
	});
}

function ownInstances(engine: Engine, element: Node, cell: Cell) {
	const owner = engine.things.of(element.parent?.parent as Node);
	if (element.static || element.type === "StaticBlock") return engine.solver.add(cell, thingValue(owner));
	engine.trace(owner);
	engine.solver.add(cell, thingValue(engine.things.outside(owner)));
	engine.solver.feed(owner.instances, cell);
}
