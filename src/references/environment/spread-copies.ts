/**
 * Copies of the environment such as `{ PORT: "80", ...process.env }`, where the code reads the copy by known
 * names only.
 */
import type { Scopes } from "../bundle/scopes.ts";
import { isTarget, type Node, staticKey } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";

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

/** Whether functions in an object literal may have it as `this`. */
function hasMethods(literal: Node): boolean {
	return (literal.properties as Node[]).some(({ value }) => value?.type === "FunctionExpression");
}

function namesOfRead(read: Node): { name: string; node: Node }[] | undefined {
	const parent = read.parent;
	if (parent?.type === "VariableDeclarator" && parent.init === read && parent.id.type === "ObjectPattern")
		return namesOfPattern(parent.id);
	if (parent?.type !== "MemberExpression" || parent.object !== read) return undefined;
	const name = staticKey(parent.property, parent.computed);
	const isCalled = parent.parent?.type === "CallExpression" && parent.parent.callee === parent;
	if (name === undefined || isCalled) return undefined;
	return isTarget(parent) ? [] : [{ name, node: parent }];
}

function namesOfPattern(pattern: Node): { name: string; node: Node }[] | undefined {
	const found = (pattern.properties as Node[]).map((property) => {
		const name = property.type === "Property" ? staticKey(property.key, property.computed) : undefined;
		return name === undefined ? undefined : { name, node: property };
	});
	return found.some((one) => one === undefined) ? undefined : found.filter((one) => one !== undefined);
}
