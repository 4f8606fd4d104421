/**
 * Backward analysis of assignment targets: the values that variables, parameters and patterns may receive.
 */
import { isFunction, type Node, staticKey } from "../bundle/syntax.ts";
import { unify } from "../engine/context.ts";
import type { Engine } from "../engine/engine.ts";
import { inIteration } from "../engine/iteration-context.ts";
import { lazyValueSets } from "../engine/lazy-value-sets.ts";
import { keep } from "../engine/origins.ts";
import {
	makeValue,
	NOTHING,
	objectValue,
	unknownValue,
	type Value,
	ValueSet,
	withContext,
} from "../engine/values.ts";
import { listedNames } from "../environment/name-reads.ts";
import { importedValue } from "../environment/runtime-apis.ts";
import { readElement } from "../models/iterators.ts";
import { addAbsent } from "../models/objects/absent-values.ts";
import { includeReplacements } from "../models/objects/decorators.ts";
import { escapeSuperclass } from "../models/proxies.ts";
import { addParameter } from "./functions.ts";
import { isRepeated } from "./operators.ts";

/** The values that may be assigned to a target: an identifier, a pattern or a member expression. */
export function makeAssigned(engine: Engine): Engine["assigned"] {
	return lazyValueSets(
		(target, into) => engine.solver.enqueue(() => fill(engine, target, into)),
		engine.demanded.targets,
	);
}

function fill(engine: Engine, node: Node, into: ValueSet) {
	if (!isKeptBeyond(engine, node)) return fillTarget(engine, node, into);
	const assigned = new ValueSet();
	fillTarget(engine, node, assigned);
	engine.solver.onValue(assigned, (value) => engine.solver.add(into, keep(value)));
}

/**
 * Whether an assignment may give a variable a value that it keeps across calls or iterations. Such a value leaves the
 * context of the call and the iteration that assigned it.
 */
function isKeptBeyond(engine: Engine, target: Node): boolean {
	const binding = target.type === "Identifier" ? engine.scopes.resolve(target) : undefined;
	if (binding === undefined || binding.declarations.includes(target)) return false;
	return isRepeated(target, binding.scope);
}

function fillTarget(engine: Engine, node: Node, into: ValueSet) {
	const { solver } = engine;
	const parent = node.parent as Node;
	switch (parent.type) {
		case "VariableDeclarator":
			if (parent.init) return solver.include(engine.evaluate(parent.init), into);
			if (isLoop(parent.parent?.parent) && parent.parent?.parent?.left === parent.parent) {
				return addLoopVariable(engine, parent.parent?.parent as Node, into);
			}
			return solver.add(into, NOTHING);
		case "AssignmentExpression":
			return solver.include(engine.evaluate(parent), into);
		case "ForOfStatement":
		case "ForInStatement":
			return addLoopVariable(engine, parent, into);
		case "AssignmentPattern":
			return addWithDefault(engine, parent, into);
		case "Property":
			return addPatternProperty(engine, parent, into);
		case "ArrayPattern": {
			const index = parent.elements.indexOf(node);
			const hasDefault = node.type === "AssignmentPattern";
			return solver.onValue(engine.assigned(parent), (value) => {
				readElement(engine, value, index, (found) => {
					solver.add(into, found);
					if (hasDefault) addAbsent(engine, value, String(index), into);
				});
			});
		}
		case "RestElement":
			return addRest(engine, parent, into);
		case "FunctionDeclaration":
		case "FunctionExpression":
		case "ArrowFunctionExpression":
			if (parent.id === node) return solver.add(into, objectValue(engine.objects.atNode(parent)));
			return addParameter(engine, engine.objects.atNode(parent), parent.params.indexOf(node), into);
		case "ClassDeclaration":
		case "ClassExpression":
			escapeSuperclass(engine, parent);
			includeReplacements(engine, parent, into);
			return solver.add(into, objectValue(engine.objects.atNode(parent)));
		case "CatchClause":
			if (engine.isForeign(parent)) return solver.add(into, unknownValue("a computed value"));
			return solver.include(engine.thrown.caught(parent), into);
		case "UpdateExpression":
			return addCounterValues(engine, node, parent, into);
		default:
			solver.add(into, importedValue(parent) ?? unknownValue("a computed value"));
	}
}

/** Whether a loop assigns a variable in each iteration. */
function isLoop(node: Node | undefined): boolean {
	return node?.type === "ForOfStatement" || node?.type === "ForInStatement";
}

/** The elements that a `for … of` loop visits, or the keys that a `for … in` loop lists. */
function addLoopVariable(engine: Engine, loop: Node, into: ValueSet) {
	const { solver } = engine;
	const add = (found: Value) => solver.add(into, inIteration(engine, found, loop));
	solver.onValue(engine.evaluate(loop.right), (value) => {
		if (loop.type === "ForOfStatement") return engine.iterate(value, add);
		if (value.kind === "object") solver.onValue(engine.keys(value.object), add);
		else
			for (const name of listedNames(engine, value, loop)) solver.add(into, withContext(name, value.context));
	});
}

/** The most values of a counter that are distinguished. */
const COUNT_MAX = 64;

/**
 * The values of `i` in `for (let i = 1; i <= 3; i++)`, where both bounds are numbers. A `var` has the value
 * after the loop too.
 */
function addCounterValues(engine: Engine, node: Node, update: Node, into: ValueSet) {
	const { solver } = engine;
	const loop = update.parent as Node;
	const declared =
		loop.type === "ForStatement" && loop.init?.type === "VariableDeclaration" ? loop.init.declarations : [];
	const start = declared.find((declarator: Node) => declarator.id.name === node.name)?.init?.value;
	const test = loop.test as Node | null | undefined;
	const bounded =
		test?.type === "BinaryExpression" && ["<", "<="].includes(test.operator) && test.left.name === node.name;
	if (typeof start !== "number" || !bounded || update !== loop.update || update.operator !== "++") {
		return solver.add(into, unknownValue("a counter"));
	}
	solver.onValue(engine.evaluate(test.right), (end) => {
		const last =
			end.kind === "string" && end.numeric ? Number(end.text) - (test.operator === "<" ? 1 : 0) : Number.NaN;
		if (!(last - start <= COUNT_MAX)) return solver.add(into, unknownValue("a counter"));
		const hasEnd = loop.init.kind === "var";
		for (let at = start; at <= last + (hasEnd ? 1 : 0); at++)
			solver.add(into, makeValue({ kind: "string", text: String(at), numeric: true }));
	});
}

/** A default replaces only `undefined`. */
function addWithDefault(engine: Engine, pattern: Node, into: ValueSet) {
	const { solver } = engine;
	solver.onValue(engine.assigned(pattern), (value) => {
		if (value.kind !== "nothing") return solver.add(into, value);
		solver.onValue(engine.evaluate(pattern.right), (fallback) => {
			const context = unify(fallback.context, value.context);
			if (context !== undefined) solver.add(into, withContext(fallback, context));
		});
	});
}

/** The property of an object that `{ key: target }` reads. */
function addPatternProperty(engine: Engine, node: Node, into: ValueSet) {
	const { solver } = engine;
	const object = engine.assigned(node.parent as Node);
	const key = staticKey(node.key, node.computed);
	const hasDefault = node.value.type === "AssignmentPattern";
	const readAs = (by: string | undefined) =>
		solver.onValue(object, (value) => {
			engine.readProperty(value, by, (found) => {
				solver.add(into, found);
				if (hasDefault) addAbsent(engine, value, by, into);
			});
		});
	if (key !== undefined) return readAs(key);
	const seen = new Set<string | undefined>();
	solver.onValue(engine.evaluate(node.key), (value) => {
		const by = value.kind === "string" ? value.text : undefined;
		if (!seen.has(by)) readAs(by);
		seen.add(by);
	});
}

/** The value of `...rest`: the further arguments or elements as an array, or the whole object. */
function addRest(engine: Engine, node: Node, into: ValueSet) {
	const { solver } = engine;
	const parent = node.parent as Node;
	if (isFunction(parent)) {
		const object = engine.objects.allocate(node, "rest", "array");
		solver.add(into, objectValue(object));
		return addParameter(
			engine,
			engine.objects.atNode(parent),
			parent.params.indexOf(node),
			object.summary,
			true,
		);
	}
	solver.onValue(engine.assigned(parent), (value) => {
		if (parent.type === "ObjectPattern") return addRestOfObject(engine, node, value, into);
		const object = engine.objects.allocate(node, "rest", "array");
		engine.iterate(value, (found) => solver.add(object.summary, found));
		solver.add(into, objectValue(object, value.context));
	});
}

/** The rest of an object is a new object, without the properties that the pattern takes. */
function addRestOfObject(engine: Engine, node: Node, value: Value, into: ValueSet) {
	const { solver } = engine;
	const isCopied =
		value.kind === "object" &&
		value.object.proxyHandler === undefined &&
		value.object.builtinClass === undefined &&
		(value.object.kind === "plain" || value.object.kind === "instance");
	if (!isCopied) return solver.add(into, value);
	const rest = engine.objects.allocate(node, `rest of ${value.object.id}`, "plain");
	engine.copyProperties(rest, solver.singleton(value));
	solver.add(into, objectValue(rest, value.context));
}
