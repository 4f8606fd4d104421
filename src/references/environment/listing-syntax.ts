/** Syntax checks for filters of listings: which variable holds the name, and which strings are constant. */
import type { Scopes } from "../bundle/scopes.ts";
import type { Node } from "../bundle/syntax.ts";

/** The most variables and methods in a row that are followed. */
export const DEPTH_MAX = 4;

/** The union of several sets of prefixes; undefined if one of them is unknown or there is none. */
export function unionIfAllKnown(all: readonly (string[] | undefined)[]): string[] | undefined {
	const known = all.filter((prefixes) => prefixes !== undefined);
	return known.length === all.length && known.length > 0 ? [...new Set(known.flat())] : undefined;
}

/**
 * The variable that holds the name in each element: the element itself, or the first of a `[name, value]`
 * pair. Undefined if there is none, or where it is assigned again.
 */
export function nameVariable(scopes: Scopes, target: Node | undefined): Node | undefined {
	const first = target?.type === "ArrayPattern" ? (target.elements[0] as Node | null) : target;
	if (first?.type !== "Identifier") return undefined;
	const binding = scopes.resolve(first);
	const isConstant = binding !== undefined && scopes.uses(binding).writes.every((write) => write === first);
	return isConstant ? first : undefined;
}

/** The expression that a function returns, where it does nothing else. */
export function onlyResult(fn: Node): Node | undefined {
	if (fn.body.type !== "BlockStatement") return fn.body;
	const [only, ...more] = fn.body.body as Node[];
	return more.length === 0 && only?.type === "ReturnStatement" ? (only.argument ?? undefined) : undefined;
}

/** Whether a node is an identifier of the same variable. */
export function refersTo(scopes: Scopes, node: Node, name: Node): boolean {
	return node.type === "Identifier" && scopes.resolve(node) === scopes.resolve(name);
}

/**
 * The constant strings that an expression may have as its value: one, or those of an array. Undefined if one is
 * unknown or empty.
 */
export function constantTexts(scopes: Scopes, node: Node, depth = 0): string[] | undefined {
	if (depth > DEPTH_MAX) return undefined;
	if (node.type === "ArrayExpression")
		return unionIfAllKnown(
			(node.elements as (Node | null)[]).map((one) =>
				one === null ? undefined : constantTexts(scopes, one, depth + 1),
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
	return isConstant && init && init !== node ? constantTexts(scopes, init, depth + 1) : undefined;
}

/**
 * Whether a loop over a listing only deletes properties of what it lists, under conditions that compare the values with
 * constants: `for (const [name, value] of Object.entries(env)) if (value === "") delete env[name]`.
 * @param target the variable or the pattern of each element
 * @param loop a loop over an object or over a call that lists it
 */
export function onlyDeletes(scopes: Scopes, target: Node, { body, right, type }: Node): boolean {
	const listed: Node | undefined = type === "ForInStatement" ? right : right.arguments?.[0];
	if (listed === undefined) return false;
	const pair = target.type === "ArrayPattern" ? (target.elements as (Node | null)[]) : [target];
	const [name, value] = pair;
	if (pair.length > 2 || !name || value?.type === "AssignmentPattern") return false;
	const [only, ...more] = statementsOf(body);
	if (only === undefined || more.length > 0) return false;
	if (only.type !== "IfStatement") return isDeletion(scopes, only, name, listed);
	const [deletion, ...others] = statementsOf(only.consequent);
	if (deletion === undefined || others.length > 0 || only.alternate) return false;
	return (
		isDeletion(scopes, deletion, name, listed) && value != null && isComparison(scopes, only.test, value)
	);
}

const statementsOf = (body: Node): Node[] => (body.type === "BlockStatement" ? body.body : [body]);

/** `delete env[name]`. A deletion of another object's properties would tell which names there are. */
function isDeletion(scopes: Scopes, { expression }: Node, name: Node, listed: Node): boolean {
	const member =
		expression?.type === "UnaryExpression" && expression.operator === "delete" && expression.argument;
	if (member?.type !== "MemberExpression" || !member.computed) return false;
	return isSamePath(scopes, member.object, listed) && refersTo(scopes, member.property, name);
}

/** Whether two expressions are the same variable, or the same property such as `process.env`. */
function isSamePath(scopes: Scopes, one: Node, other: Node): boolean {
	if (one.type === "Identifier")
		return other.type === "Identifier" && one.name === other.name && refersTo(scopes, one, other);
	if (one.type !== "MemberExpression" || other.type !== "MemberExpression") return false;
	if (one.computed || other.computed || one.property.name !== other.property.name) return false;
	return isSamePath(scopes, one.object, other.object);
}

/** `!value` and `value === ""` */
function isComparison(scopes: Scopes, test: Node, value: Node): boolean {
	if (test.type === "UnaryExpression") return test.operator === "!" && refersTo(scopes, test.argument, value);
	const isEquality = test.type === "BinaryExpression" && /^===?$/.test(test.operator);
	return isEquality && test.right.type === "Literal" && refersTo(scopes, test.left, value);
}
