/** Determines how functions end: by returning a value, by running to their end, or not at all. */
import { isFunction, type Node } from "./syntax.ts";

/**
 * Whether a call of a function may return `undefined`, because it runs to the end of its body or to a
 * `return` without a value.
 */
export function endsNormally(fn: Node): boolean {
	if (fn.body.type !== "BlockStatement") return false;
	return runsOn(fn.body) || hasBareReturn(fn.body);
}

/** Whether the statement after a statement may run. True if this is uncertain. */
function runsOn(node: Node): boolean {
	switch (node.type) {
		case "ReturnStatement":
		case "ThrowStatement":
			return false;
		case "BlockStatement":
			return (node.body as Node[]).every(runsOn);
		case "IfStatement":
			return !node.alternate || runsOn(node.consequent) || runsOn(node.alternate);
		case "TryStatement":
			if (node.finalizer && !runsOn(node.finalizer)) return false;
			return runsOn(node.block) || (Boolean(node.handler) && runsOn(node.handler.body));
		case "SwitchStatement":
			return !endsInEveryCase(node);
		case "WhileStatement":
		case "DoWhileStatement":
		case "ForStatement":
			return !isEndless(node);
		default:
			return true;
	}
}

function endsInEveryCase(node: Node): boolean {
	const cases = node.cases as Node[];
	const last = cases.at(-1);
	if (last === undefined || !cases.some(({ test }) => test === null) || hasBreak(node)) return false;
	// A case without an end falls through to the next one.
	return !(last.consequent as Node[]).every(runsOn);
}

/** A loop without a condition that only `return` and `throw` leave. */
function isEndless(node: Node): boolean {
	const isAlways = node.test === null || node.test?.value === true;
	return isAlways && !hasBreak(node);
}

function hasBreak(node: Node): boolean {
	return contains(node, (inner) => inner.type === "BreakStatement");
}

function hasBareReturn(node: Node): boolean {
	return contains(node, (inner) => inner.type === "ReturnStatement" && !inner.argument);
}

/** The fields of statements that hold statements. */
const STATEMENT_FIELDS = ["body", "consequent", "alternate", "block", "finalizer", "cases"] as const;

/** Whether a statement in a node meets a condition, without functions in the node. */
function contains(node: Node, test: (inner: Node) => boolean): boolean {
	const stack: Node[] = [node];
	for (let inner = stack.pop(); inner !== undefined; inner = stack.pop()) {
		if (test(inner)) return true;
		if (inner.handler) stack.push(inner.handler.body);
		for (const field of STATEMENT_FIELDS) {
			const child = inner[field] as Node | Node[] | null | undefined;
			if (!child) continue;
			for (const one of Array.isArray(child) ? child : [child]) if (!isFunction(one)) stack.push(one);
		}
	}
	return false;
}

/** Whether code after a statement does not run. */
export function endsBlock(statement: Node | undefined): boolean {
	if (statement?.type === "BlockStatement") return endsBlock((statement.body as Node[]).at(-1));
	return ENDS.has(statement?.type ?? "");
}

const ENDS = new Set(["ReturnStatement", "ThrowStatement", "ContinueStatement", "BreakStatement"]);
