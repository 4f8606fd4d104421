/**
 * Evaluates expressions to paths and URLs of files, with the project's own scopes. Pure. A variable has the values of
 * all assignments to it, and a parameter has the arguments of all calls in the module. An unknown part of a string
 * becomes a hole, so `"./pages/" + name + ".html"` is a pattern.
 */
import type { Binding } from "../../references/bundle/names.ts";
import type { Scopes } from "../../references/bundle/scopes.ts";
import { isFunction, type Node, staticKey } from "../../references/bundle/syntax.ts";
import { callsOf, functionOf, importedName, isExported, TRANSPARENT } from "./bindings.ts";
import { isTooLong, join, moduleLocation, textValueOf, urlProperty } from "./module-values.ts";
import { applyFunction } from "./path-functions.ts";
import { type PathValue, resolveUrl, textValue, UNKNOWN } from "./values.ts";

/** Hand-written code does not have more alternatives in one path. */
const ALTERNATIVES_MAX = 64;
/** The most nested expressions, variables and calls that are followed. */
const DEPTH_MAX = 192;
/** The most expressions of a module that are evaluated. Hand-written code needs a few hundred. */
const STEPS_MAX = 50_000;
const OPERANDS_MAX = 100;

export class Evaluator {
	readonly #scopes: Scopes;
	readonly #moduleAt: (node: Node) => string;
	/** The nodes that are being evaluated. A value that depends on itself is unknown. */
	readonly #active = new Set<Node>();
	#steps = 0;

	/** @param moduleAt the path of the module that a node is in, relative to the root */
	constructor(scopes: Scopes, moduleAt: (node: Node) => string) {
		this.#scopes = scopes;
		this.#moduleAt = moduleAt;
	}

	/** The values that an expression can have. */
	evaluate(node: Node): readonly PathValue[] {
		const isLimit = this.#active.size > DEPTH_MAX || ++this.#steps > STEPS_MAX;
		if (isLimit || this.#active.has(node)) return [UNKNOWN];
		this.#active.add(node);
		try {
			const found = new Map(this.#values(node).map((value) => [`${value.kind}${value.text}`, value]));
			const isTooMuch = found.size > ALTERNATIVES_MAX || [...found.values()].some(isTooLong);
			return isTooMuch ? [UNKNOWN] : [...found.values()];
		} finally {
			this.#active.delete(node);
		}
	}

	#values(node: Node): readonly PathValue[] {
		const inner = TRANSPARENT[node.type];
		if (inner !== undefined) return this.evaluate(node[inner]);
		switch (node.type) {
			case "Literal":
				return [typeof node.value === "string" ? textValue(node.value) : UNKNOWN];
			case "TemplateLiteral":
				return this.#template(node);
			case "BinaryExpression":
				return node.operator === "+" ? this.#combine([node.left, node.right], join) : [UNKNOWN];
			case "ConditionalExpression":
				return [...this.evaluate(node.consequent), ...this.evaluate(node.alternate)];
			case "LogicalExpression":
				return [...this.evaluate(node.left), ...this.evaluate(node.right)];
			case "SequenceExpression":
				return this.evaluate(node.expressions.at(-1));
			case "Identifier":
				return this.#identifier(node);
			case "MemberExpression":
				return this.#member(node);
			case "NewExpression":
				return node.callee.name === "URL" ? this.#url(node.arguments) : [UNKNOWN];
			case "CallExpression":
				return this.#call(node);
			default:
				return [UNKNOWN];
		}
	}

	#template({ expressions, quasis }: Node): readonly PathValue[] {
		return this.#combine(expressions, (values) =>
			join(
				(quasis as Node[]).flatMap((quasi, index) => {
					const value = values[index];
					const text = textValue(quasi.value.cooked ?? "");
					return value === undefined ? [text] : [text, value];
				}),
			),
		);
	}

	/** Applies a function to each combination of values. */
	#combine(
		nodes: readonly Node[],
		apply: (values: readonly PathValue[]) => PathValue | undefined,
	): readonly PathValue[] {
		if (nodes.length > OPERANDS_MAX) return [UNKNOWN];
		let combinations: PathValue[][] = [[]];
		for (const node of nodes) {
			const values = node.type === "SpreadElement" ? [UNKNOWN] : this.evaluate(node);
			if (combinations.length * values.length > ALTERNATIVES_MAX) return [UNKNOWN];
			combinations = combinations.flatMap((head) => values.map((value) => [...head, value]));
		}
		return combinations.map((values) => apply(values) ?? UNKNOWN);
	}

	#url([reference, base]: readonly Node[]): readonly PathValue[] {
		if (reference === undefined) return [UNKNOWN];
		return this.#combine(base === undefined ? [reference] : [reference, base], ([first, second]) => {
			const href = resolveUrl(first?.text ?? "", second?.text);
			return href === undefined ? undefined : { kind: "url", text: href };
		});
	}

	#identifier(node: Node): readonly PathValue[] {
		const binding = this.#scopes.resolve(node);
		if (binding === undefined) {
			if (node.name === "__filename") return [moduleLocation(this.#moduleAt(node), "filename")];
			return [node.name === "__dirname" ? moduleLocation(this.#moduleAt(node), "dirname") : UNKNOWN];
		}
		const { writes } = this.#scopes.uses(binding);
		return [...binding.declarations, ...writes].flatMap((target) => this.#assigned(target, binding));
	}

	/** The values that a declaration or an assignment gives a variable. */
	#assigned(target: Node, binding: Binding): readonly PathValue[] {
		const { parent } = target;
		if (parent === undefined) return [UNKNOWN];
		if (parent.type === "VariableDeclarator") return this.#declared(parent);
		if (parent.type === "AssignmentExpression" && parent.operator === "=") return this.evaluate(parent.right);
		if (
			parent.type === "AssignmentPattern" &&
			parent.left === target &&
			isFunction(parent.parent ?? parent)
		) {
			return [...this.#parameter(parent, binding), ...this.evaluate(parent.right)];
		}
		if (isFunction(parent)) return this.#parameter(target, binding);
		const pattern = parent.type === "Property" ? parent.parent : undefined;
		if (pattern?.type === "ObjectPattern" && pattern.parent?.type === "VariableDeclarator") {
			const key = staticKey(parent.key, parent.computed);
			const { init } = pattern.parent;
			return key === undefined || !init ? [UNKNOWN] : this.#property(init, key);
		}
		return [UNKNOWN];
	}

	#declared(declarator: Node): readonly PathValue[] {
		const loop = declarator.parent?.parent;
		if (loop?.type === "ForOfStatement") return this.#elements(loop.right);
		return declarator.init ? this.evaluate(declarator.init) : [];
	}

	/** The values of a parameter: the arguments of the calls in this module, and any value if others may call it. */
	#parameter(parameter: Node, { scope }: Binding): readonly PathValue[] {
		const index = (scope.params as Node[]).indexOf(parameter);
		const outer = scope.parent;
		if (outer?.type === "CallExpression" && outer.arguments[0] === scope && index === 0) {
			const { callee } = outer;
			const isIteration = callee.type === "MemberExpression" && ITERATIONS.has(callee.property.name);
			return isIteration ? this.#elements(callee.object) : [UNKNOWN];
		}
		const calls = callsOf(scope, this.#scopes);
		if (calls === undefined) return [UNKNOWN];
		const passed = calls.flatMap((call): readonly PathValue[] => {
			const given = (call.arguments as Node[]).slice(0, index + 1);
			const argument = given[index];
			if (given.some(({ type }) => type === "SpreadElement")) return [UNKNOWN];
			return argument === undefined ? [] : this.evaluate(argument);
		});
		return isExported(scope, this.#scopes) ? [...passed, UNKNOWN] : passed;
	}

	#elements(node: Node): readonly PathValue[] {
		const array = this.#literal(node);
		if (array?.type !== "ArrayExpression") return [UNKNOWN];
		return (array.elements as (Node | null)[]).flatMap((element) =>
			element === null || element.type === "SpreadElement" ? [UNKNOWN] : this.evaluate(element),
		);
	}

	/** The array or object literal that an expression evaluates to, if there is exactly one. */
	#literal(node: Node): Node | undefined {
		const inner = TRANSPARENT[node.type];
		if (inner !== undefined) return this.#literal(node[inner]);
		if (node.type !== "Identifier") return node;
		const binding = this.#scopes.resolve(node);
		const declarator = binding?.declarations[0]?.parent;
		if (binding === undefined || declarator?.type !== "VariableDeclarator") return undefined;
		const isConstant = binding.declarations.length === 1 && this.#scopes.uses(binding).writes.length === 0;
		return isConstant && declarator.init && declarator.init.type !== "Identifier"
			? this.#literal(declarator.init)
			: undefined;
	}

	#member(node: Node): readonly PathValue[] {
		const key = staticKey(node.property, node.computed);
		return key === undefined ? this.#anyProperty(node.object) : this.#property(node.object, key);
	}

	/** The values of all properties of an object, for a key that is known at run time only. */
	#anyProperty(node: Node): readonly PathValue[] {
		const literal = this.#literal(node);
		if (literal?.type === "ArrayExpression") return this.#elements(literal);
		if (literal?.type !== "ObjectExpression") return [UNKNOWN];
		return (literal.properties as Node[]).flatMap((property) =>
			property.type === "Property" ? this.evaluate(property.value) : [UNKNOWN],
		);
	}

	#property(node: Node, key: string): readonly PathValue[] {
		const object = this.#literal(node);
		if (object?.type === "MetaProperty") return [moduleLocation(this.#moduleAt(object), key)];
		if (object?.type === "ObjectExpression") {
			const found = (object.properties as Node[]).find(
				(property) => property.type === "Property" && staticKey(property.key, property.computed) === key,
			);
			return found === undefined ? [UNKNOWN] : this.evaluate(found.value);
		}
		if (object?.type === "ArrayExpression" && object.elements[Number(key)])
			return this.evaluate(object.elements[Number(key)]);
		return this.evaluate(node).map((value) => urlProperty(value, key));
	}

	#call(node: Node): readonly PathValue[] {
		const { arguments: args, callee } = node;
		const member =
			callee.type === "MemberExpression" ? staticKey(callee.property, callee.computed) : undefined;
		if (member === "resolve" && this.#literal(callee.object)?.type === "MetaProperty") {
			return this.#combine(args.slice(0, 1), ([first]) => {
				const href = resolveUrl(first?.text ?? "", moduleLocation(this.#moduleAt(callee.object), "url").text);
				return href === undefined ? undefined : textValueOf(href);
			});
		}
		const name = importedName(callee, this.#scopes);
		if (name !== undefined) return this.#combine(args, (values) => applyFunction(name, values));
		if (member === "toString" || member === "toJSON")
			return this.evaluate(callee.object).map(({ text }) => textValueOf(text));
		if (callee.type === "Identifier" && callee.name === "String" && args.length === 1)
			return this.evaluate(args[0]).map(({ text }) => textValueOf(text));
		const called = functionOf(callee, this.#scopes);
		return called === undefined ? [UNKNOWN] : this.#returned(called);
	}

	#returned({ body, returns }: { body: Node | undefined; returns: readonly Node[] }): readonly PathValue[] {
		if (body !== undefined) return this.evaluate(body);
		return returns.flatMap(({ argument }) => (argument ? this.evaluate(argument) : []));
	}
}

/** Methods of arrays that call their first argument with each element. */
const ITERATIONS = new Set(["map", "forEach", "flatMap", "filter", "find", "some", "every"]);
