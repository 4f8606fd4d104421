/**
 * Whether other code may throw in a part of the code. Other code runs where a value is called, read, converted or
 * iterated over that is not known. Built-in functions that are not listed may throw anything too.
 */
import { childKeys } from "../bundle/child-keys.ts";
import { isFunction, isTarget, type Node, thisOwner } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";
import type { AbstractObject, Value } from "../engine/values.ts";
import { holdsUnknown, isOpaque, mayMethodThrow, throwsNoValues } from "./opaque-values.ts";
import { nodesOf } from "./regions.ts";

/** Nodes that run no other code by themselves. */
const QUIET = new Set(
	(
		"Literal TemplateElement ThisExpression Super MetaProperty FunctionExpression FunctionDeclaration " +
		"ArrowFunctionExpression ClassBody StaticBlock ObjectExpression " +
		"ArrayExpression LogicalExpression ConditionalExpression SequenceExpression ChainExpression ImportExpression " +
		"ParenthesizedExpression VariableDeclaration VariableDeclarator ExpressionStatement BlockStatement IfStatement " +
		"ReturnStatement ThrowStatement EmptyStatement BreakStatement ContinueStatement LabeledStatement SwitchStatement " +
		"SwitchCase ForStatement WhileStatement DoWhileStatement TryStatement CatchClause AssignmentPattern RestElement"
	).split(" "),
);
/** The parts of a node that it reads from, converts, or iterates over. */
const OPERANDS: Readonly<Record<string, readonly string[]>> = {
	MemberExpression: ["object", "property"],
	SpreadElement: ["argument"],
	UnaryExpression: ["argument"],
	UpdateExpression: ["argument"],
	AwaitExpression: ["argument"],
	BinaryExpression: ["left", "right"],
	ForOfStatement: ["right"],
	ForInStatement: ["right"],
	TemplateLiteral: ["expressions"],
	Property: ["key"],
	MethodDefinition: ["key"],
	PropertyDefinition: ["key"],
	ClassDeclaration: ["superClass"],
	ClassExpression: ["superClass"],
	TaggedTemplateExpression: [],
	CallExpression: [],
	NewExpression: [],
	Identifier: [],
	AssignmentExpression: [],
	YieldExpression: [],
	ObjectPattern: [],
	ArrayPattern: [],
};
/** Operators that look at no more than what a value is. */
const LOOKING = new Set(["===", "!==", "typeof", "!", "void", "=", "||=", "&&=", "??="]);

export class UnknownThrows {
	/** Functions that run where no call names them, and asynchronous ones. */
	readonly implicit = new Set<Node>();
	readonly asynchronous = new Set<Node>();
	/** Whether a promise may be rejected by other code. */
	isRejectionUnknown = false;
	/** Whether something new was found since `begin`. */
	hasFound = false;
	readonly #engine: Engine;
	/** Parts of the code where other code may throw. That never ends. */
	readonly #known = new Set<Node>();
	/** What the present question has looked at. */
	#seen = new Set<Node>();
	#mayImplicitThrow = false;

	constructor(engine: Engine) {
		this.#engine = engine;
	}

	/** Forgets that no other code may throw, since more values are known now. */
	begin() {
		this.#seen = new Set();
		this.hasFound = false;
		this.#mayImplicitThrow ||= this.#anyOf(this.implicit);
	}

	/** Whether other code may throw in a block. */
	mayThrow(block: Node): boolean {
		if (this.#mayImplicitThrow) return true;
		return this.#anyOf([block]) || (this.waits(block) && this.mayReject());
	}

	/** Whether a promise of the code may be rejected with a value that is not known. */
	mayReject(): boolean {
		this.isRejectionUnknown ||= this.#mayImplicitThrow || this.#anyOf(this.asynchronous);
		return this.isRejectionUnknown;
	}

	/** Whether a block itself waits for promises. */
	waits(block: Node): boolean {
		for (const node of nodesOf(block, childKeys))
			if (node.type === "AwaitExpression" || (node.type === "ForOfStatement" && node.await)) return true;
		return false;
	}

	#anyOf(parts: Iterable<Node>): boolean {
		for (const part of parts) if (this.#mayThrowIn(part)) return true;
		return false;
	}

	#mayThrowIn(part: Node): boolean {
		if (this.#known.has(part)) return true;
		if (this.#seen.has(part)) return false;
		this.#seen.add(part);
		const result = this.#engine.isForeign(part) || this.#isUnknownWithin(part);
		if (result) this.#known.add(part);
		this.hasFound ||= result;
		return result;
	}

	#isUnknownWithin(part: Node): boolean {
		// What is known already is looked at first: it is often enough, and costs nothing.
		for (const isQuick of [true, false])
			for (const node of nodesOf(part, childKeys)) if (this.#isUnknownAt(node, isQuick)) return true;
		return false;
	}

	#isUnknownAt(node: Node, isQuick: boolean): boolean {
		if (QUIET.has(node.type)) return false;
		const operands = OPERANDS[node.type];
		if (operands === undefined) return true;
		const valuesOf = (inner: Node) => this.#valuesOf(inner, isQuick);
		switch (node.type) {
			case "CallExpression":
			case "NewExpression":
			case "TaggedTemplateExpression":
				return this.#isUnknownCall(node, valuesOf);
			case "Identifier":
				return isGlobal(this.#engine, node) && valuesOf(node).some(this.#isOpaque);
			case "AssignmentExpression":
				return !LOOKING.has(node.operator) && [node.left, node.right].flatMap(valuesOf).some(this.#isOpaque);
			case "ObjectPattern":
			case "ArrayPattern":
				return !isQuick && [...this.#engine.assigned(node).list].some(this.#isOpaque);
			case "YieldExpression":
				return this.#isThrownInto(node) || (node.argument && valuesOf(node.argument).some(this.#isOpaque));
			case "ForOfStatement":
				if (node.await && valuesOf(node.right).some((value) => holdsUnknown(this.#engine, value)))
					return true;
		}
		if (node.type === "AwaitExpression")
			return valuesOf(node.argument).some(
				(value) => this.#isOpaque(value) || isOpaqueList(this.#engine, value),
			);
		if (LOOKING.has(node.operator)) return false;
		return operands
			.filter((key) => !(key === "property" || key === "key") || node.computed)
			.flatMap((key) => (node[key] ?? []) as Node | Node[])
			.flatMap(valuesOf)
			.some(this.#isOpaque);
	}

	/** Whether other code has the iterator of a generator, and may throw into it. */
	#isThrownInto(node: Node): boolean {
		const { received } = this.#engine.objects.iteratorOf(thisOwner(node));
		return [...received.list].some(this.#isOpaque);
	}

	readonly #isOpaque = (value: Value) => isOpaque(this.#engine, value);

	#valuesOf(node: Node, isQuick: boolean): readonly Value[] {
		const { demanded } = this.#engine;
		const set = isQuick ? demanded.expressions.get(node) : this.#engine.evaluate(node);
		return set === undefined ? [] : [...set.list];
	}

	#isUnknownCall(node: Node, valuesOf: (node: Node) => readonly Value[]): boolean {
		const called = (node.callee ?? node.tag) as Node;
		const args = (node.arguments ?? node.quasi.expressions) as Node[];
		const given = () => args.flatMap((argument) => valuesOf(argument.argument ?? argument));
		if (called.type !== "Super")
			return valuesOf(called).some((callee) => this.#isUnknownCallee(callee, given, node));
		let owner = node.parent;
		while (owner && owner.type !== "ClassDeclaration" && owner.type !== "ClassExpression")
			owner = owner.parent;
		const base = owner?.superClass as Node | undefined;
		return base === undefined || valuesOf(base).some((callee) => this.#isUnknownBase(callee, given));
	}

	#isUnknownCallee(callee: Value, given: () => readonly Value[], call: Node): boolean {
		switch (callee.kind) {
			case "unknown":
				return true;
			case "runtime":
				return !["get", "has", "toObject", "write"].includes(callee.api);
			case "builtin":
				return !throwsNoValues(callee.name) || this.#areUnknown(given());
			case "method":
				return (
					mayMethodThrow(this.#engine, callee, call) || this.#areUnknown(given()) || this.#isOfUnknown(callee)
				);
			case "object":
				if (callee.object.proxyHandler !== undefined) return true;
				if (callee.object.kind === "class") return this.#isUnknownBase(callee, given);
				return callee.object.kind === "function" && this.#isUnknownFunction(callee.object);
			default:
				return false;
		}
	}

	/** What generators and asynchronous functions throw arrives elsewhere, and is asked about there. */
	#isUnknownFunction({ node }: AbstractObject): boolean {
		return !node.generator && !node.async && this.#mayThrowIn(node);
	}

	/** `f.call(…)` */
	#isOfUnknown({ receiver }: Value & { readonly kind: "method" }): boolean {
		return receiver.kind === "object" && this.#isUnknownCallee(receiver, () => [], receiver.object.node);
	}

	#isUnknownBase(base: Value, given: () => readonly Value[]): boolean {
		if (base.kind === "builtin") return !throwsNoValues(base.name) || this.#areUnknown(given());
		if (base.kind !== "object" || base.object.proxyHandler !== undefined) return base.kind !== "nothing";
		const { kind, node } = base.object;
		if (kind === "function") return this.#isUnknownFunction(base.object);
		if (kind !== "class" || this.#engine.isForeign(node)) return true;
		const members = node.body.body as Node[];
		const own = members.find((member) => member.kind === "constructor")?.value as Node | undefined;
		const parts = members.filter(
			(member) => member.type === "PropertyDefinition" && !member.static && member.value,
		);
		if (this.#anyOf([...(own ? [own] : []), ...parts.map((member) => member.value as Node)])) return true;
		if (!node.superClass || own !== undefined) return false;
		return [...this.#engine.evaluate(node.superClass).list].some(
			(superclass) => superclass.kind === "unknown" || this.#isUnknownBase(superclass, given),
		);
	}

	/** Whether a built-in function may call other code by what it is given. */
	#areUnknown(given: readonly Value[]): boolean {
		return given.some((value) => {
			if (value.kind === "object" && isFunction(value.object.node))
				return value.object.escaped || this.#engine.isForeign(value.object.node);
			return holdsUnknown(this.#engine, value);
		});
	}
}

function isGlobal(engine: Engine, node: Node): boolean {
	return !isTarget(node) && node.name !== "arguments" && engine.scopes.resolve(node) === undefined;
}

/** Whether a list has promises of other code. */
function isOpaqueList(engine: Engine, value: Value): boolean {
	return value.kind === "object" && value.object.kind === "array" && holdsUnknown(engine, value);
}
