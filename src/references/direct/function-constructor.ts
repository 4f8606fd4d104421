/**
 * Whether code surely never calls the constructor of functions, which makes code from text. Code gets it without naming
 * it only by a property: `x.constructor`, or `x[key]` where the key is the text `constructor`.
 */
import { LEADS_TO_CONSTRUCTOR } from "../bundle/scope-part.ts";
import type { Scopes } from "../bundle/scopes.ts";
import { type Node, staticKey } from "../bundle/syntax.ts";

/** Properties of a function that call it, or a function that does. */
const CALLS = new Set(["call", "apply", "bind"]);
/** Nodes that test a value, compute with it, list what it holds, or drop it. */
const ENDS = new Set([
	"ExpressionStatement",
	"UnaryExpression",
	"UpdateExpression",
	"BinaryExpression",
	"IfStatement",
	"WhileStatement",
	"DoWhileStatement",
	"ForStatement",
	"ForOfStatement",
	"ForInStatement",
	"SwitchStatement",
	"SwitchCase",
	"SpreadElement",
]);
/** Assignments that compute a number or a text. */
const COMPUTES = new Set(["-=", "*=", "/=", "%=", "**=", "<<=", ">>=", ">>>=", "&=", "|=", "^="]);

export class FunctionConstructor {
	readonly #scopes: Scopes;
	/** The variables whose values are used as data, as far as is known. */
	readonly #data = new Set<unknown>();
	/** Whether the values of a variable are harmless keys. */
	readonly #keys = new Map<unknown, boolean>();

	constructor(scopes: Scopes) {
		this.#scopes = scopes;
	}

	/** Whether a read of a property surely yields no constructor, or nothing calls what it yields. */
	isHarmlessRead(read: Node): boolean {
		const isPattern = read.type === "Property";
		if (read.computed && this.#isHarmlessKey(isPattern ? read.key : read.property)) return true;
		return isPattern ? this.#isDataIn(read.value) : this.#isData(read);
	}

	/** Whether the value of an expression is only tested, computed with, or read by names. */
	#isData(node: Node): boolean {
		const parent = node.parent as Node;
		switch (parent.type) {
			case "ChainExpression":
			case "AwaitExpression":
				return this.#isData(parent);
			case "SequenceExpression":
				return parent.expressions.at(-1) !== node || this.#isData(parent);
			case "ConditionalExpression":
				return parent.test === node || this.#isData(parent);
			case "LogicalExpression":
				return (parent.left === node && parent.operator === "&&") || this.#isData(parent);
			case "MemberExpression":
				return parent.property === node || !isCall(parent.property, parent.computed);
			case "VariableDeclarator":
				return this.#isDataIn(parent.id);
			case "AssignmentExpression":
				if (parent.right === node) return this.#isDataIn(parent.left) && this.#isData(parent);
				return !/^(?:\|\||&&|\?\?)=$/.test(parent.operator) || this.#isData(parent);
			default:
				return ENDS.has(parent.type);
		}
	}

	/** Whether a value that is assigned to a target is used as data there. */
	#isDataIn(target: Node): boolean {
		switch (target.type) {
			case "AssignmentPattern":
				return this.#isDataIn(target.left);
			// The constructor is not iterable.
			case "ArrayPattern":
				return true;
			case "ObjectPattern":
				return (target.properties as Node[]).every(
					({ computed, key, type }) => type === "RestElement" || !isCall(key, computed),
				);
			case "Identifier": {
				const binding = this.#scopes.resolve(target);
				if (binding === undefined) return false;
				if (this.#data.has(binding)) return true;
				this.#data.add(binding);
				return this.#scopes.uses(binding).reads.every((read) => this.#isData(read));
			}
			default:
				return false;
		}
	}

	/** Whether a key is surely another text than those that lead to the constructor. These have letters only. */
	#isHarmlessKey(key: Node): boolean {
		switch (key.type) {
			case "Literal":
				return !LEADS_TO_CONSTRUCTOR.has(String(key.value));
			case "TemplateLiteral":
				return this.#hasHarmlessPart(key);
			case "UnaryExpression":
			case "UpdateExpression":
				return true;
			case "BinaryExpression":
				return key.operator !== "+" || this.#hasHarmlessPart(key);
			case "LogicalExpression":
				return this.#isHarmlessKey(key.left) && this.#isHarmlessKey(key.right);
			case "ConditionalExpression":
				return this.#isHarmlessKey(key.consequent) && this.#isHarmlessKey(key.alternate);
			case "Identifier":
				return this.#isHarmlessVariable(key);
			default:
				return false;
		}
	}

	/** Whether a sum or template contains a digit, or another character that is no letter. */
	#hasHarmlessPart(node: Node): boolean {
		if (node.type === "BinaryExpression" && node.operator === "+")
			return this.#hasHarmlessPart(node.left) || this.#hasHarmlessPart(node.right);
		if (node.type === "TemplateLiteral")
			return (node.quasis as Node[]).some(({ value }) => !isLetters(String(value.cooked)));
		return node.type === "Literal" && !isLetters(String(node.value));
	}

	#isHarmlessVariable(identifier: Node): boolean {
		const binding = this.#scopes.resolve(identifier);
		if (binding === undefined) return false;
		const known = this.#keys.get(binding);
		if (known !== undefined) return known;
		this.#keys.set(binding, true);
		const isHarmless =
			binding.declarations.every((declaration) => this.#isHarmlessDeclaration(declaration)) &&
			this.#scopes.uses(binding).writes.every((write) => this.#isHarmlessWrite(write));
		this.#keys.set(binding, isHarmless);
		return isHarmless;
	}

	#isHarmlessDeclaration(declaration: Node): boolean {
		const declarator = declaration.parent;
		if (declarator?.type !== "VariableDeclarator" || declarator.id !== declaration) return false;
		if (declarator.init) return this.#isHarmlessKey(declarator.init);
		const loop = declarator.parent?.parent;
		return loop?.type !== "ForOfStatement" && loop?.type !== "ForInStatement";
	}

	#isHarmlessWrite(write: Node): boolean {
		const parent = write.parent as Node;
		if (parent.type === "UpdateExpression") return true;
		if (parent.type !== "AssignmentExpression" || parent.left !== write) return false;
		if (COMPUTES.has(parent.operator)) return true;
		if (parent.operator === "+=") return this.#hasHarmlessPart(parent.right);
		return parent.operator === "=" && this.#isHarmlessKey(parent.right);
	}
}

/** Whether a property of a function calls it. A computed key is examined as a read of its own. */
function isCall(key: Node, computed: boolean): boolean {
	return CALLS.has(staticKey(key, computed) ?? "");
}

function isLetters(text: string): boolean {
	return /^[A-Za-z]*$/.test(text);
}
