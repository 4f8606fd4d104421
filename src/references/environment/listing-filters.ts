/**
 * Which names of an enumeration of the environment are used: those that begin in a known way, where that is all that the
 * code lets pass. Told from the syntax around the enumeration alone.
 */
import type { Scopes } from "../bundle/scopes.ts";
import { isFunction, type Node, staticKey } from "../bundle/syntax.ts";

/** What hands each element to a condition, and goes on with those that meet it. */
const FILTERS = new Set(["filter", "find", "findLast", "some"]);
/** What hands each element to a function. */
const WALKS = new Set(["forEach", "map", "flatMap"]);
/** What gives the same elements. */
const UNCHANGED = new Set(["sort", "toSorted", "reverse", "toReversed"]);
const QUANTIFIER = /[?*{]/;
/** Variables that stand for one another. */
const DEPTH_MAX = 4;

/**
 * What all names begin with that the code around an enumeration uses; undefined where it may use others.
 * @param enumeration the call `Object.keys(env)` or `Object.entries(env)`, or the loop `for (const name in env)`
 */
export function startsUsed(scopes: Scopes, enumeration: Node, depth = 0): string[] | undefined {
	if (depth > DEPTH_MAX) return undefined;
	if (enumeration.type === "ForInStatement") return ofLoop(scopes, enumeration);
	const parent = enumeration.parent;
	if (parent?.type === "ForOfStatement" && parent.right === enumeration) return ofLoop(scopes, parent);
	if (parent?.type === "MemberExpression" && parent.object === enumeration)
		return ofMethod(scopes, parent, depth);
	if (parent?.type !== "VariableDeclarator" || parent.id.type !== "Identifier") return undefined;
	const binding = scopes.resolve(parent.id);
	if (binding === undefined) return undefined;
	const { reads, writes } = scopes.uses(binding);
	if (writes.some((write) => write !== parent.id) || reads.length === 0) return undefined;
	return united(
		reads.map((read) => (read.parent === undefined ? undefined : startsUsed(scopes, read, depth + 1))),
	);
}

/** All of them, where each is known. */
function united(all: readonly (string[] | undefined)[]): string[] | undefined {
	const known = all.filter((starts) => starts !== undefined);
	return known.length === all.length && known.length > 0 ? [...new Set(known.flat())] : undefined;
}

/** `for (const name of names) { if (!name.startsWith("A_")) continue; … }`, or with all of it behind conditions. */
function ofLoop(scopes: Scopes, loop: Node): string[] | undefined {
	const target = loop.left.type === "VariableDeclaration" ? loop.left.declarations[0].id : undefined;
	const name = nameIn(scopes, target);
	return name === undefined ? undefined : ofBody(scopes, loop.body, name, "ContinueStatement");
}

function ofMethod(scopes: Scopes, member: Node, depth: number): string[] | undefined {
	const call = member.parent;
	const method = staticKey(member.property, member.computed);
	if (call?.type !== "CallExpression" || call.callee !== member || method === undefined) return undefined;
	if (UNCHANGED.has(method)) return startsUsed(scopes, call, depth + 1);
	const [fn] = call.arguments as Node[];
	const isReduce = method === "reduce";
	if (fn === undefined || !isFunction(fn)) return undefined;
	// What a reducer begins with, where nothing is given, is the first of all; the last parameter is the whole list.
	if (isReduce && call.arguments.length < 2) return undefined;
	const params = fn.params as Node[];
	const at = isReduce ? 1 : 0;
	const name = nameIn(scopes, params[at]);
	if (params.length > at + 2 || params.some(({ type }) => type === "RestElement")) return undefined;
	if (name === undefined) return undefined;
	if (FILTERS.has(method)) return ofCondition(scopes, resultOf(fn), name);
	return WALKS.has(method) || isReduce ? ofBody(scopes, fn.body, name, "ReturnStatement") : undefined;
}

/** The name's variable in an element: itself, or the first of a pair. It must stay what it is. */
function nameIn(scopes: Scopes, target: Node | undefined): Node | undefined {
	const first = target?.type === "ArrayPattern" ? (target.elements[0] as Node | null) : target;
	if (first?.type !== "Identifier") return undefined;
	const binding = scopes.resolve(first);
	const isSteady = binding !== undefined && scopes.uses(binding).writes.every((write) => write === first);
	return isSteady ? first : undefined;
}

/** Whether a part of a condition does no more with a name than look at it: what it reads by it would be read of all. */
function isHarmless(scopes: Scopes, part: Node, name: Node): boolean {
	const binding = scopes.resolve(name);
	const reads = binding === undefined ? [] : scopes.uses(binding).reads;
	return reads
		.filter(({ start, end }) => start >= part.start && end <= part.end)
		.every((read) => {
			const parent = read.parent;
			if (parent?.type === "MemberExpression") return parent.object === read;
			return parent?.type === "BinaryExpression" && parent.operator !== "in";
		});
}

/** What a function returns, where it does nothing else. */
function resultOf(fn: Node): Node | undefined {
	if (fn.body.type !== "BlockStatement") return fn.body;
	const [only, ...more] = fn.body.body as Node[];
	return more.length === 0 && only?.type === "ReturnStatement" ? (only.argument ?? undefined) : undefined;
}

/** A body that begins with leaving others out, or that is nothing but conditions. */
function ofBody(scopes: Scopes, body: Node, name: Node, leave: string): string[] | undefined {
	const statements: Node[] = body.type === "BlockStatement" ? body.body : [body];
	const [first] = statements;
	if (first?.type === "IfStatement" && isLeaving(first.consequent, leave)) {
		const negated = ofNegation(scopes, first.test, name);
		if (negated !== undefined) return negated;
	}
	return united(
		statements.map((statement) =>
			statement.type === "IfStatement" && !statement.alternate
				? ofCondition(scopes, statement.test, name)
				: undefined,
		),
	);
}

/** `continue` or `return` and nothing else; what a reducer returns then is what it had. */
function isLeaving(node: Node, leave: string): boolean {
	const inner = node.type === "BlockStatement" ? (node.body as Node[]) : [node];
	const [only] = inner;
	if (inner.length !== 1 || only?.type !== leave) return false;
	return leave === "ContinueStatement" || !only.argument || only.argument.type === "Identifier";
}

/** What the name begins with where a condition does not hold: `!a`, and `!a || b`. */
function ofNegation(scopes: Scopes, test: Node, name: Node): string[] | undefined {
	if (test.type === "UnaryExpression" && test.operator === "!")
		return ofCondition(scopes, test.argument, name);
	if (test.type !== "LogicalExpression" || test.operator !== "||") return undefined;
	const left = ofNegation(scopes, test.left, name);
	if (left !== undefined || !isHarmless(scopes, test.left, name)) return left;
	return ofNegation(scopes, test.right, name);
}

/** What the name begins with where a condition holds. */
function ofCondition(scopes: Scopes, test: Node | undefined, name: Node): string[] | undefined {
	switch (test?.type) {
		case "LogicalExpression": {
			const left = ofCondition(scopes, test.left, name);
			if (test.operator === "&&" && left !== undefined) return left;
			if (test.operator === "&&" && !isHarmless(scopes, test.left, name)) return undefined;
			const right = ofCondition(scopes, test.right, name);
			return test.operator === "&&" ? right : united([left, right]);
		}
		case "BinaryExpression":
			return test.operator === "===" || test.operator === "==" ? ofEquality(scopes, test, name) : undefined;
		case "CallExpression":
			return ofCall(scopes, test, name);
		default:
			return undefined;
	}
}

/** `name === "A"`, `name.slice(0, 2) === "A_"`, `name.indexOf("A_") === 0`. */
function ofEquality(scopes: Scopes, { left, right }: Node, name: Node): string[] | undefined {
	if (left.type === "CallExpression" && left.callee.type === "MemberExpression") {
		const method = staticKey(left.callee.property, left.callee.computed);
		const [first] = left.arguments as Node[];
		if (!isName(scopes, left.callee.object, name) || first === undefined) return undefined;
		if (method === "indexOf" && right.value === 0) return textsOf(scopes, first);
		const isCut = method === "slice" || method === "substring";
		return isCut && first.value === 0 ? textsOf(scopes, right) : undefined;
	}
	return undefined;
}

/** `name.startsWith("A_")`, `/^A_/.test(name)`, `["A_", "B_"].some((start) => name.startsWith(start))`. */
function ofCall(scopes: Scopes, call: Node, name: Node): string[] | undefined {
	if (call.callee.type !== "MemberExpression") return undefined;
	const { object, property, computed } = call.callee;
	const method = staticKey(property, computed);
	const [first, second] = call.arguments as Node[];
	if (first === undefined) return undefined;
	if (method === "startsWith" && second === undefined && isName(scopes, object, name))
		return textsOf(scopes, first);
	if (method === "test" && object.type === "Literal" && object.regex && isName(scopes, first, name))
		return ofPattern(object.regex);
	if (method !== "some" || !isFunction(first)) return undefined;
	const inner = resultOf(first);
	const start = nameIn(scopes, (first.params as Node[])[0]);
	const isStart = inner?.type === "CallExpression" && isStartsWith(scopes, inner, name, start);
	return isStart ? textsOf(scopes, object) : undefined;
}

function isStartsWith(scopes: Scopes, call: Node, name: Node, start: Node | undefined): boolean {
	const { callee, arguments: args } = call;
	if (callee.type !== "MemberExpression" || start === undefined) return false;
	const [argument] = args as Node[];
	const method = staticKey(callee.property, callee.computed);
	return (
		method === "startsWith" &&
		isName(scopes, callee.object, name) &&
		argument !== undefined &&
		isName(scopes, argument, start)
	);
}

/** The letters that a pattern must begin with. */
function ofPattern({ pattern, flags }: { pattern: string; flags: string }): string[] | undefined {
	if (/[im]/.test(flags)) return undefined;
	const [whole = "", group, text, next] = /^\^(\(\?:|\()?([A-Za-z0-9_|]+)(.?)/.exec(pattern) ?? [];
	// Another arm further on begins as it likes.
	if (text === undefined || pattern.slice(whole.length).includes("|") || next === "|") return undefined;
	const after = pattern.charAt(whole.length);
	const starts = text.split("|");
	if (group !== undefined)
		return next === ")" && !QUANTIFIER.test(after) && !starts.includes("") ? starts : undefined;
	if (starts.length > 1) return undefined;
	// What may be left out, or come several times, is no part of the beginning.
	const start = QUANTIFIER.test(next ?? "") ? text.slice(0, -1) : text;
	return start === "" ? undefined : [start];
}

function isName(scopes: Scopes, node: Node, name: Node): boolean {
	return node.type === "Identifier" && scopes.resolve(node) === scopes.resolve(name);
}

/** The constant texts that an expression is: one, or those of a list. None may be empty. */
function textsOf(scopes: Scopes, node: Node, depth = 0): string[] | undefined {
	if (depth > DEPTH_MAX) return undefined;
	if (node.type === "ArrayExpression")
		return united(
			(node.elements as (Node | null)[]).map((one) =>
				one === null ? undefined : textsOf(scopes, one, depth + 1),
			),
		);
	if (node.type === "Literal")
		return typeof node.value === "string" && node.value !== "" ? [node.value] : undefined;
	if (node.type === "TemplateLiteral" && node.expressions.length === 0)
		return node.quasis[0].value.cooked ? [node.quasis[0].value.cooked] : undefined;
	if (node.type !== "Identifier") return undefined;
	const binding = scopes.resolve(node);
	const [declaration, ...more] = binding?.declarations ?? [];
	if (binding === undefined || declaration?.parent?.type !== "VariableDeclarator" || more.length > 0)
		return undefined;
	const isConstant = scopes.uses(binding).writes.every((write) => write === declaration);
	const { init } = declaration.parent;
	return isConstant && init && init !== node ? textsOf(scopes, init, depth + 1) : undefined;
}
