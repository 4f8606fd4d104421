/** The children of nodes that hold code. */
import { visitorKeys } from "oxc-parser";
import type { Node } from "./syntax.ts";

const NO_CHILDREN: readonly string[] = [];
/** For node types with children that are names, not expressions: the children that contain code. */
const CODE_CHILDREN: Record<string, readonly string[]> = {
	LabeledStatement: ["body"],
	BreakStatement: NO_CHILDREN,
	ContinueStatement: NO_CHILDREN,
	MetaProperty: NO_CHILDREN,
	ImportDeclaration: ["specifiers"],
	ImportSpecifier: NO_CHILDREN,
	ImportDefaultSpecifier: NO_CHILDREN,
	ImportNamespaceSpecifier: NO_CHILDREN,
	ExportSpecifier: ["local"],
	ExportAllDeclaration: NO_CHILDREN,
	TemplateLiteral: ["expressions"],
	Identifier: NO_CHILDREN,
	MemberExpression: ["object"],
	Property: ["value"],
	MethodDefinition: ["decorators", "value"],
	PropertyDefinition: ["decorators", "value"],
};
/** The children of those types whose key is code if it is in brackets. */
const COMPUTED: ReadonlyMap<string, readonly string[]> = new Map(
	Object.entries({
		MemberExpression: ["object", "property"],
		Property: ["key", "value"],
		MethodDefinition: ["decorators", "key", "value"],
		PropertyDefinition: ["decorators", "key", "value"],
	}),
);
/** A bundle is JavaScript, so its nodes have no such children. */
const OF_TYPESCRIPT = new Set([
	"implements",
	"returnType",
	"superTypeArguments",
	"typeAnnotation",
	"typeArguments",
	"typeParameters",
]);
const PLAIN: ReadonlyMap<string, readonly string[]> = new Map(
	Object.entries(visitorKeys).map(([type, keys]) => [
		type,
		CODE_CHILDREN[type] ?? keys.filter((key) => !OF_TYPESCRIPT.has(key)),
	]),
);

/** The children of a node that hold code, without names of keys and labels. */
export function childKeys(node: Node): readonly string[] {
	const { type } = node;
	const computed = COMPUTED.get(type);
	return computed !== undefined && node.computed ? computed : (PLAIN.get(type) ?? NO_CHILDREN);
}
