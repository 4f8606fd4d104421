/** The nodes that are scopes. */
import { isFunction, type Node } from "./syntax.ts";

const SCOPES = new Set([
	"Program",
	"FunctionDeclaration",
	"FunctionExpression",
	"ArrowFunctionExpression",
	"BlockStatement",
	"ForStatement",
	"ForInStatement",
	"ForOfStatement",
	"SwitchStatement",
	"CatchClause",
	"StaticBlock",
	"ClassExpression",
	"ClassDeclaration",
]);

/** The scope that a `var` declares a name in: a function, a static block or the program. */
export function functionScope(node: Node): Node {
	let scope = node;
	while (scope.parent !== undefined && !isFunction(scope) && scope.type !== "StaticBlock")
		scope = scope.parent;
	return scope;
}

/** The innermost scope around a node. */
export function blockScope(node: Node): Node {
	let scope = node.parent ?? node;
	while (scope.parent !== undefined && !SCOPES.has(scope.type)) scope = scope.parent;
	return scope;
}
