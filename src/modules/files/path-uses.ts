/**
 * Follows the location of a module (`import.meta`, `__dirname`) to the expressions that use a path made from it. Pure.
 */
import type { Scopes } from "../../references/bundle/scopes.ts";
import { isFunction, type Node, staticKey } from "../../references/bundle/syntax.ts";
import { callsOf, functionOf, importedName } from "./bindings.ts";

/** The most expressions of a module that are followed. */
const NODES_MAX = 20_000;

const WRAPPERS = new Set([
	"ParenthesizedExpression",
	"TSAsExpression",
	"TSSatisfiesExpression",
	"TSNonNullExpression",
	"TSTypeAssertion",
	"AwaitExpression",
	"ChainExpression",
	"TemplateLiteral",
	"ConditionalExpression",
	"LogicalExpression",
]);
const PLACES = new Set(["url", "filename", "dirname"]);

/** The outermost expressions whose values are made from the location of the module. */
export function pathUses(scopes: Scopes): Node[] {
	const uses: Node[] = [];
	const seen = new Set<Node>();
	const names = ["__dirname", "__filename"].flatMap((name) => [...scopes.freeReads(name)]);
	const queue = [...scopes.metaProperties.filter(({ meta }) => meta.name === "import"), ...names];
	for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
		if (seen.has(node) || seen.size > NODES_MAX) continue;
		seen.add(node);
		const next = successors(node, scopes);
		if (next === undefined) uses.push(node);
		else queue.push(...next);
	}
	return uses;
}

/** The package of `import.meta.resolve("npm:…")`; undefined for another expression. */
export function resolvedPackage({ arguments: args, callee, type }: Node): string | undefined {
	if (type !== "CallExpression" || callee.type !== "MemberExpression") return undefined;
	const specifier = args[0]?.type === "Literal" ? args[0].value : undefined;
	const isResolve =
		callee.object.type === "MetaProperty" && staticKey(callee.property, callee.computed) === "resolve";
	return isResolve && /^(npm|jsr):/.test(specifier) ? specifier : undefined;
}

/** The expressions that the value of this one flows into; undefined if the value is used here. */
function successors(node: Node, scopes: Scopes): readonly Node[] | undefined {
	const { parent } = node;
	if (parent === undefined) return [];
	if (resolvedPackage(node) !== undefined) return undefined;
	if (WRAPPERS.has(parent.type)) return parent.test === node ? [] : [parent];
	switch (parent.type) {
		case "BinaryExpression":
			return parent.operator === "+" ? [parent] : [];
		case "SequenceExpression":
			return parent.expressions.at(-1) === node ? [parent] : [];
		case "MemberExpression":
			return ofMember(node, parent);
		case "NewExpression":
			return parent.callee.name === "URL" ? [parent] : undefined;
		case "CallExpression":
			return ofCall(node, parent, scopes);
		case "VariableDeclarator":
			return readsOf(parent.id, scopes);
		case "AssignmentExpression":
			return parent.left.type === "Identifier" ? readsOf(parent.left, scopes) : undefined;
		case "AssignmentPattern":
			return parent.right === node ? readsOf(parent.left, scopes) : [];
		case "ExpressionStatement":
		case "UnaryExpression":
			return [];
		case "ArrowFunctionExpression":
		case "ReturnStatement":
			return returnedTo(node, scopes);
		case "Property":
			return ofProperty(parent, scopes);
		default:
			return undefined;
	}
}

/** The path may be read from the object again: `const paths = { page: new URL(…) }; read(paths.page)`. */
function ofProperty(property: Node, scopes: Scopes): readonly Node[] | undefined {
	const declarator = property.parent?.parent;
	if (property.parent?.type !== "ObjectExpression" || declarator?.type !== "VariableDeclarator")
		return undefined;
	const key = staticKey(property.key, property.computed);
	const reads = readsOf(declarator.id, scopes) ?? [];
	const members = reads.flatMap(({ parent }) => (parent?.type === "MemberExpression" ? [parent] : []));
	if (members.length < reads.length || members.length === 0) return undefined;
	return members.filter((member) => (staticKey(member.property, member.computed) ?? key) === key);
}

function ofMember(node: Node, member: Node): readonly Node[] | undefined {
	const key = staticKey(member.property, member.computed);
	if (node.type === "MetaProperty" && !PLACES.has(key ?? "")) return key === "resolve" ? [member] : [];
	const call = member.parent;
	if (call?.type !== "CallExpression" || call.callee !== member)
		return node.type === "MetaProperty" || key === "href" || key === "pathname" ? [member] : [];
	// Other methods of strings and URLs, such as `startsWith` and `split`, return no path.
	return key === "toString" || key === "toJSON" ? [call] : [];
}

function ofCall(node: Node, call: Node, scopes: Scopes): readonly Node[] | undefined {
	if (call.callee === node) return [call];
	if (importedName(call.callee, scopes) !== undefined || call.callee.name === "String") return [call];
	const called = functionOf(call.callee, scopes);
	const parameter = called?.fn.params[call.arguments.indexOf(node)];
	if (parameter === undefined) return undefined;
	const target = parameter.type === "AssignmentPattern" ? parameter.left : parameter;
	return target.type === "Identifier" ? readsOf(target, scopes) : undefined;
}

/** The reads of the declared variables; undefined for a pattern that is not supported. */
function readsOf(target: Node, scopes: Scopes): readonly Node[] | undefined {
	if (target.type === "ObjectPattern") {
		return (target.properties as Node[]).flatMap((property) =>
			property.type === "Property" && property.value.type === "Identifier"
				? (readsOf(property.value, scopes) ?? [])
				: [],
		);
	}
	const binding = target.type === "Identifier" ? scopes.resolve(target) : undefined;
	return binding === undefined ? undefined : scopes.uses(binding).reads;
}

function returnedTo(node: Node, scopes: Scopes): readonly Node[] | undefined {
	let fn: Node | undefined = node.parent;
	while (fn !== undefined && !isFunction(fn)) fn = fn.parent;
	return fn === undefined ? undefined : callsOf(fn, scopes);
}
