/**
 * Copies of the environment such as `{ PORT: "80", ...process.env }`: what the code reads of them, and the methods that
 * they get.
 */
import type { Scopes } from "../bundle/scopes.ts";
import { isFunction, isPrototype, isTarget, type Node, staticKey } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import type { Value, ValueSet } from "../engine/values.ts";

/**
 * The reads of a copy by static keys.
 * @param copy the object literal into which the environment is spread
 * @returns each name with the node that reads it; undefined if the copy may be used in another way
 */
export function readsOfCopy(scopes: Scopes, copy: Node): { name: string; node: Node }[] | undefined {
	if (hasMethods(copy)) return undefined;
	const declarator = copy.parent;
	if (declarator?.type !== "VariableDeclarator") return undefined;
	if (declarator.id.type === "ObjectPattern") return namesOfPattern(declarator.id);
	if (declarator.id.type !== "Identifier") return undefined;
	const binding = scopes.resolve(declarator.id);
	if (binding === undefined) return undefined;
	const { reads, writes } = scopes.uses(binding);
	if (writes.some((write) => write !== declarator.id)) return undefined;
	const found = reads.map((read) => namesOfRead(read));
	return found.includes(undefined) ? undefined : found.flatMap((one) => one ?? []);
}

/**
 * Whether a copy of the environment, such as `{ ...process.env }`, is followed like the environment itself. Every read of
 * a property of the copy then counts as a read of the variable. Not so if functions in the literal may have it as `this`,
 * or in packages, of which only some expressions are evaluated.
 * @param literal the object into which the environment is copied
 */
export function isCopyFollowed(engine: Engine, literal: Node): boolean {
	return literal.type === "ObjectExpression" && !engine.isForeign(literal) && !hasMethods(literal);
}

/** Methods that the language calls by itself, with the object as `this`. */
const IMPLIED_METHODS = ["toString", "valueOf", "toJSON", "then", "toLocaleString"];
const IMPLIED_KEYS = [...IMPLIED_METHODS, "@@toPrimitive", "@@iterator", "@@asyncIterator"];
/** The reason of the dynamic access. */
const GETS_METHOD = "a copy of the environment gets a method";

/** Whether a key may be that of a method that the language calls by itself. Those of symbols begin with `@@`. */
export function isImpliedMethod(key: string): boolean {
	return IMPLIED_METHODS.includes(key) || key.startsWith("@@");
}

function mayBeImplied({ type, key, computed, value }: Node): boolean {
	if (type !== "Property" || /^(?:Arrow.*|Literal|TemplateLiteral)$/.test(value.type)) return false;
	const name = staticKey(key, computed);
	return name === undefined || isImpliedMethod(name);
}

/** Whether functions in an object literal, or in its prototype, may have it as `this`. */
function hasMethods(literal: Node): boolean {
	return (literal.properties as Node[]).some(
		(property) =>
			property.value?.type === "FunctionExpression" || isPrototype(property) || mayBeImplied(property),
	);
}

function namesOfRead(read: Node): { name: string; node: Node }[] | undefined {
	const parent = read.parent;
	if (parent?.type === "VariableDeclarator" && parent.init === read && parent.id.type === "ObjectPattern")
		return namesOfPattern(parent.id);
	if (parent?.type !== "MemberExpression" || parent.object !== read) return undefined;
	const name = staticKey(parent.property, parent.computed);
	if (name === undefined || name === "__proto__" || mayBeCalled(parent)) return undefined;
	return isOnlyAssigned(parent) ? [] : [{ name, node: parent }];
}

/** Whether a property may be called, with its object as `this`: `copy.f()`, `(copy?.f)()` and ``copy.f`text` ``. */
function mayBeCalled(member: Node): boolean {
	const outer = member.parent?.type === "ChainExpression" ? member.parent : member;
	return outer.parent?.callee === outer || outer.parent?.tag === outer;
}

/** Whether a property is assigned, and not read before, as by `+=`, `??=` and `++`. */
function isOnlyAssigned(member: Node): boolean {
	const { parent } = member;
	if (parent?.type === "UpdateExpression") return false;
	return isTarget(member) && (parent?.type !== "AssignmentExpression" || parent.operator === "=");
}

function namesOfPattern(pattern: Node): { name: string; node: Node }[] | undefined {
	const found = (pattern.properties as Node[]).map((property) => {
		const name = property.type === "Property" ? staticKey(property.key, property.computed) : undefined;
		return name === undefined ? undefined : { name, node: property };
	});
	return found.some((one) => one === undefined) ? undefined : found.filter((one) => one !== undefined);
}

/** Whether a value is a function of the code that may read its `this`. */
function mayReadThis(value: Value): boolean {
	if (value.kind !== "object" || value.object.kind !== "function") return false;
	const { node } = value.object;
	return !isFunction(node) || node.type !== "ArrowFunctionExpression";
}

/**
 * Reports that a copy of the environment gets a method from other objects that the language calls by itself, such as
 * `valueOf`. The method has the copy as `this`, and nothing shows what it reads of it.
 * @param sources what the copy gets its properties from, besides the environment
 * @param node the expression that copies
 */
export function reportCopiedMethods(engine: Engine, sources: ValueSet, node: Node): void {
	engine.solver.onValue(sources, (source) => {
		if (source.kind !== "object") return;
		for (const key of IMPLIED_KEYS)
			engine.readProperty(source, key, (found) => {
				if (mayReadThis(found)) engine.findings.addDynamic(node, GETS_METHOD);
			});
	});
}

/**
 * Reports that a copy of the environment gets such a method by an assignment.
 * @param key undefined if it is not known
 * @param assigned the assigned values
 */
export function reportAssignedMethod(
	engine: Engine,
	key: string | undefined,
	assigned: ValueSet,
	member: Node,
): void {
	if (key !== undefined) {
		if (isImpliedMethod(key)) engine.findings.addDynamic(member, GETS_METHOD);
		return;
	}
	engine.solver.onValue(assigned, (value) => {
		if (mayReadThis(value)) engine.findings.addDynamic(member, GETS_METHOD);
	});
}
