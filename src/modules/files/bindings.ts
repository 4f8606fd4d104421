/** Resolves the names in a module to imported functions, to functions of the module, and to their calls. Pure. */
import type { Binding } from "../../references/bundle/names.ts";
import type { Scopes } from "../../references/bundle/scopes.ts";
import { isFunction, type Node, staticKey } from "../../references/bundle/syntax.ts";
import { isPathFunction } from "./path-functions.ts";

/** Expressions whose value is that of one operand, with the property that holds the operand. */
export const TRANSPARENT: Readonly<Record<string, string>> = {
	ParenthesizedExpression: "expression",
	TSAsExpression: "expression",
	TSSatisfiesExpression: "expression",
	TSNonNullExpression: "expression",
	TSTypeAssertion: "expression",
	AwaitExpression: "argument",
	ChainExpression: "expression",
};

/** The module whose namespace an expression evaluates to: `import * as path`, `import path`, `require("path")`. */
export function moduleOf(node: Node, scopes: Scopes): string | undefined {
	if (node.type === "CallExpression") {
		const [first] = node.arguments as Node[];
		const isRequire = node.callee.type === "Identifier" && node.callee.name === "require";
		return isRequire && first?.type === "Literal" && typeof first.value === "string"
			? first.value
			: undefined;
	}
	if (node.type === "MemberExpression") {
		const key = staticKey(node.property, node.computed);
		const module = moduleOf(node.object, scopes);
		return module !== undefined && (key === "posix" || key === "promises" || key === "default")
			? module
			: undefined;
	}
	const declaration = node.type === "Identifier" ? scopes.resolve(node)?.declarations[0] : undefined;
	const { parent } = declaration ?? {};
	if (parent?.type === "VariableDeclarator" && parent.init && parent.id === declaration)
		return parent.init.type === "CallExpression" ? moduleOf(parent.init, scopes) : undefined;
	const isWhole =
		parent?.type === "ImportNamespaceSpecifier" ||
		parent?.type === "ImportDefaultSpecifier" ||
		(parent?.type === "ImportSpecifier" && ["default", "posix", "promises"].includes(nameIn(parent)));
	return isWhole ? sourceOf(parent) : undefined;
}

const nameIn = ({ imported }: Node): string => imported.name ?? imported.value;

function sourceOf(specifier: Node): string | undefined {
	return specifier.parent?.source?.value;
}

/** The module and the name of the export that an expression evaluates to: `readFile` of `node:fs`. */
export function exportOf(node: Node, scopes: Scopes): { module: string; name: string } | undefined {
	if (node.type === "MemberExpression") {
		const module = moduleOf(node.object, scopes);
		const name = staticKey(node.property, node.computed);
		return module === undefined || name === undefined ? undefined : { module, name };
	}
	const declaration = node.type === "Identifier" ? scopes.resolve(node)?.declarations[0] : undefined;
	const { parent } = declaration ?? {};
	if (parent?.type === "ImportSpecifier") {
		const module = sourceOf(parent);
		return module === undefined ? undefined : { module, name: nameIn(parent) };
	}
	const pattern = parent?.type === "Property" ? parent.parent : undefined;
	if (parent === undefined || pattern?.type !== "ObjectPattern" || !pattern.parent?.init) return undefined;
	const module = moduleOf(pattern.parent.init, scopes);
	const name = staticKey(parent.key, parent.computed);
	return module === undefined || name === undefined ? undefined : { module, name };
}

/** The name of an imported function that makes paths; undefined for any other callee. */
export function importedName(callee: Node, scopes: Scopes): string | undefined {
	const found = exportOf(callee, scopes);
	return found !== undefined && isPathFunction(found.module, found.name) ? found.name : undefined;
}

/** The binding of a function: its own name, or the variable that it is assigned to. */
function bindingOf(fn: Node, scopes: Scopes): Binding | undefined {
	if (fn.type === "FunctionDeclaration") return fn.id ? scopes.resolve(fn.id) : undefined;
	const { parent } = fn;
	const isConstant =
		parent?.type === "VariableDeclarator" && parent.init === fn && parent.id.type === "Identifier";
	return isConstant ? scopes.resolve(parent.id) : undefined;
}

/**
 * The calls of a function of the module. Undefined if the function is also used in another way, because then not all
 * calls are known.
 */
export function callsOf(fn: Node, scopes: Scopes): readonly Node[] | undefined {
	const binding = bindingOf(fn, scopes);
	if (binding === undefined || binding.declarations.length !== 1) return undefined;
	const { reads, writes } = scopes.uses(binding);
	if (writes.length > 0) return undefined;
	const calls = reads.filter(({ parent }) => parent?.type !== "ExportSpecifier");
	const isCall = (read: Node) => read.parent?.type === "CallExpression" && read.parent.callee === read;
	return calls.every(isCall) ? calls.flatMap(({ parent }) => parent ?? []) : undefined;
}

/** Whether other modules may call a function. */
export function isExported(fn: Node, scopes: Scopes): boolean {
	const binding = bindingOf(fn, scopes);
	const declaration = fn.type === "FunctionDeclaration" ? fn : fn.parent?.parent;
	if (declaration?.parent?.type.startsWith("Export")) return true;
	if (binding === undefined) return true;
	return scopes.uses(binding).reads.some(({ parent }) => parent?.type === "ExportSpecifier");
}

/**
 * The function of the module that a callee resolves to, with what it returns: the expression of an arrow function, or
 * statements.
 */
export function functionOf(
	callee: Node,
	scopes: Scopes,
): { fn: Node; body: Node | undefined; returns: readonly Node[] } | undefined {
	const binding = callee.type === "Identifier" ? scopes.resolve(callee) : undefined;
	const [declaration] = binding?.declarations ?? [];
	if (binding === undefined || declaration === undefined || binding.declarations.length !== 1)
		return undefined;
	const { parent } = declaration;
	const fn = parent?.type === "VariableDeclarator" ? parent.init : parent;
	if (!fn || !isFunction(fn) || scopes.uses(binding).writes.length > 0) return undefined;
	if (fn.type === "FunctionDeclaration" && fn.id !== declaration) return undefined;
	const isExpression = fn.body?.type !== "BlockStatement";
	return { fn, body: isExpression ? fn.body : undefined, returns: isExpression ? [] : returnsIn(fn.body) };
}

function returnsIn(body: Node): Node[] {
	const found: Node[] = [];
	const stack: Node[] = [...body.body];
	for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
		if (node.type === "ReturnStatement") found.push(node);
		else if (!isFunction(node))
			for (const key of ["body", "consequent", "alternate", "block", "handler", "finalizer", "cases"])
				stack.push(...[node[key]].flat().filter((child) => child && typeof child.type === "string"));
	}
	return found;
}
