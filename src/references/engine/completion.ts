/**
 * Completion: expressions for which no rule finds a value get an unknown value.
 *
 * After a fixpoint, an expression of code that may run has a value at run time. If its set is empty, no rule describes
 * how the value arises, so the value is unknown. Without this step, an access whose name has no value would count as
 * one that reads nothing.
 */
import { childKeys } from "../bundle/child-keys.ts";
import { isFunction, type Node } from "../bundle/syntax.ts";
import type { Engine } from "./engine.ts";
import { ReachableCode } from "./reachable-code.ts";
import { unknownValue, type Value, type ValueSet } from "./values.ts";

/** The class of promises that are surely rejected: to wait for one never ends in a value. */
export const REJECTED_PROMISE = "rejected promise";
export const NOT_FOLLOWED = "a value that the analysis cannot follow";

/** The most rounds of one analysis. In the last one, every empty set is completed, regardless of its dependencies. */
const ROUNDS_MAX = 12;

/**
 * Runs the solver and completes empty sets, in turns, until nothing changes.
 * @param run runs the solver to a fixpoint; false if the budget ended before that
 * @returns false if the budget ended before the fixpoint
 */
export function runToCompletion(engine: Engine, run: () => boolean): boolean {
	for (let round = 0; round <= ROUNDS_MAX; round++) {
		const isLast = round >= ROUNDS_MAX - 2;
		do {
			if (!run()) return false;
		} while (engine.thrown.settle(isLast));
		if (!complete(engine, isLast)) return true;
	}
	return run();
}

/** Completes the sets that are empty by themselves, and not because of another one. */
function complete(engine: Engine, isLast: boolean): boolean {
	const code = new ReachableCode(engine);
	const empty = emptySets(engine, code);
	let roots = [...empty].filter(([node]) => isLast || !dependsOnEmpty(engine, node, empty));
	// The values of a property depend on assignments elsewhere. They may be completed first.
	const first = roots.filter(([node]) => node.type !== "MemberExpression");
	if (first.length > 0 && !isLast) roots = first;
	if (roots.length === 0) roots = [...empty];
	for (const [, set] of roots) engine.solver.add(set, unknownValue(NOT_FOLLOWED));
	const isReadAdded = completeReads(engine, code);
	return roots.length > 0 || isReadAdded || code.hasFollowed;
}

/** The empty sets of expressions and variables in code that may run, in the order of the code. */
function emptySets(engine: Engine, code: ReachableCode): Map<Node, ValueSet> {
	const empty: [Node, ValueSet][] = [];
	for (const sets of [engine.demanded.targets, engine.demanded.expressions]) {
		for (const [node, set] of sets) {
			if (set.size > 0 || hasNoValue(engine, node) || !code.mayRun(node)) continue;
			empty.push([node, set]);
		}
	}
	return new Map(empty.sort(([a], [b]) => a.start - b.start));
}

/** Whether evaluating a node surely never ends in a value: it throws, or its function never returns. */
function hasNoValue(engine: Engine, node: Node): boolean {
	if (node.type === "ImportDeclaration" || node.type === "Super") return true;
	if (node.type === "ChainExpression" || node.type === "AwaitExpression") {
		const inner = (node.expression ?? node.argument) as Node;
		const set = engine.demanded.expressions.get(inner);
		if (node.type === "AwaitExpression" && areAll(valuesOf(engine, inner), isRejectedPromise)) return true;
		return set !== undefined && set.size === 0 && hasNoValue(engine, inner);
	}
	if (node.type === "MemberExpression")
		return areAll(valuesOf(engine, node.object), isMissing) || isNeverKnown(engine, node.object);
	if (node.type === "NewExpression") return isNeverSettled(engine, node);
	if (node.type !== "CallExpression" || node.callee.type === "Super") return false;
	const neverReturns = (callee: Value) =>
		isMissing(callee) ||
		(callee.kind === "object" &&
			callee.object.kind === "function" &&
			engine.objects.neverReturns(callee.object.node));
	return areAll(valuesOf(engine, node.callee), neverReturns) || isNeverKnown(engine, node.callee);
}

/** Whether an inner expression has no value, so that what is read from it has none either. */
function isNeverKnown(engine: Engine, inner: Node): boolean {
	const set = engine.demanded.expressions.get(inner);
	return set !== undefined && set.size === 0 && hasNoValue(engine, inner);
}

/** Whether an expression is a promise that nothing resolves: `new Promise(() => {})`. */
function isNeverSettled(engine: Engine, { arguments: args, callee }: Node): boolean {
	const [executor] = args as Node[];
	const isPromise = (value: Value) => value.kind === "builtin" && value.name === "Promise";
	const isArrow = executor?.type === "ArrowFunctionExpression" && executor.params.length === 0;
	return isArrow && areAll(valuesOf(engine, callee), isPromise);
}

function isRejectedPromise(value: Value): boolean {
	return value.kind === "object" && value.object.builtinClass === REJECTED_PROMISE;
}

function isMissing(value: Value): boolean {
	return value.kind === "nothing";
}

function areAll(values: readonly Value[], test: (value: Value) => boolean): boolean {
	return values.length > 0 && values.every(test);
}

function valuesOf(engine: Engine, node: Node): readonly Value[] {
	return engine.demanded.expressions.get(node)?.list ?? [];
}

/** Whether a set may be empty only because another one is. */
function dependsOnEmpty(engine: Engine, node: Node, empty: ReadonlyMap<Node, ValueSet>): boolean {
	if (engine.demanded.targets.has(node) && !engine.demanded.expressions.has(node))
		return isTargetOfEmpty(engine, node, empty);
	if (node.type === "Identifier") {
		const binding = engine.scopes.resolve(node);
		if (binding === undefined) return false;
		const targets = [...binding.declarations, ...engine.scopes.uses(binding).writes];
		return targets.some((target) => empty.has(target));
	}
	if (node.type === "CallExpression") {
		for (const callee of valuesOf(engine, node.callee)) {
			if (callee.kind !== "object" || callee.object.kind !== "function") continue;
			if (engine.objects.returnedNodes(callee.object.node).some((returned) => empty.has(returned)))
				return true;
		}
	}
	return childKeys(node).some((key) => {
		const child = node[key] as Node | (Node | null)[] | null | undefined;
		const children = Array.isArray(child) ? child : [child];
		return children.some((inner) => inner && !isFunction(inner) && empty.has(inner));
	});
}

/** Whether the set of values assigned to a variable, parameter or property is empty itself. */
function isTargetOfEmpty(engine: Engine, target: Node, empty: ReadonlyMap<Node, ValueSet>): boolean {
	const parent = target.parent as Node;
	const source = (parent.init ?? parent.right) as Node | null | undefined;
	if (source && source !== target && empty.has(source)) return true;
	if (isFunction(parent)) {
		const index = (parent.params as Node[]).indexOf(target);
		const calls = [...engine.objects.atNode(parent).callEdges.values()];
		return calls.some(({ site }) => {
			const given = site.arguments[index];
			return given !== undefined && "type" in given && empty.has(given);
		});
	}
	return empty.has(parent) || (parent.parent !== undefined && empty.has(parent.parent));
}

/** Makes an access dynamic if none of its names fits the calls that reach it. */
function completeReads(engine: Engine, code: ReachableCode): boolean {
	let isAdded = false;
	for (const read of engine.findings.reads) {
		if (read.isNamed || engine.findings.dynamic.has(read.node) || !code.mayRun(read.node)) continue;
		if (read.names.size === 0) continue;
		engine.findings.addDynamic(read.node, `the name is ${NOT_FOLLOWED}`);
		isAdded = true;
	}
	return isAdded;
}
