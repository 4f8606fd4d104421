/** Texts that the syntax alone determines. */
import type { Scopes } from "../bundle/scopes.ts";
import type { Node } from "../bundle/syntax.ts";
import { globalValue } from "../environment/runtime-apis.ts";

/** The text of a literal, or of a constant that is one; undefined for any other expression. */
export function knownText(scopes: Scopes, node: Node | undefined): string | undefined {
	switch (node?.type) {
		case "Literal":
			return typeof node.value === "string" ? node.value : undefined;
		case "TemplateLiteral":
			return node.expressions.length === 0 ? (node.quasis[0].value.cooked as string) : undefined;
		case "Identifier":
			return literalText(constantOf(scopes, node));
		default:
			return undefined;
	}
}

function literalText(node: Node | undefined): string | undefined {
	return node?.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}

/** The expression that a constant has as its value; undefined for any other variable. */
export function constantOf(scopes: Scopes, identifier: Node): Node | undefined {
	const binding = scopes.resolve(identifier);
	if (binding === undefined || globalValue(binding.name, binding) !== undefined) return undefined;
	const [declaration, ...others] = binding.declarations;
	const declarator = declaration?.parent;
	if (declarator?.type !== "VariableDeclarator" || declarator.id !== declaration || others.length > 0)
		return undefined;
	if (declarator.parent?.kind !== "const") return undefined;
	return (declarator.init as Node | null) ?? undefined;
}
