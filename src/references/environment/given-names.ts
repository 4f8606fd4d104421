/**
 * Names that the upload's own code gives to a package which reads variables by names that are not known: the package may
 * read these. `convict({ url: { env: "DATABASE_URL" } })` and `load({ DATABASE_URL: String })` are examples.
 *
 * Such reads are observed at run time, but a package that lists the environment copies it, and is not observed then.
 */
import { childKeys } from "../bundle/child-keys.ts";
import { isFunction, type Node, staticKey } from "../bundle/syntax.ts";
import type { Engine } from "../engine/engine.ts";

/** The usual spelling of the names of variables. */
const NAME = /^[A-Z][A-Z0-9_]{2,127}$/;
/** The most variables that lead from a name to the package, or to the value that is given. */
const STEPS_MAX = 6;

/**
 * Adds the names to the findings, as references of the package.
 * @param reader the node at which the package reads names that are not known
 */
export function addGivenNames(engine: Engine, program: Node, reader: Node) {
	const given = new GivenNames(engine);
	for (const statement of program.body as Node[])
		if (!engine.isDependency(statement)) given.collect(statement);
	for (const name of given.names) engine.findings.addReference(name, reader);
}

class GivenNames {
	readonly names = new Set<string>();
	readonly #engine: Engine;
	readonly #seen = new Set<Node>();

	constructor(engine: Engine) {
		this.#engine = engine;
	}

	/** Collects what all calls of packages in a part of the code are given. */
	collect(part: Node) {
		for (const node of nodesIn(part, () => true)) {
			if (node.type !== "CallExpression" && node.type !== "NewExpression") continue;
			if (this.#isOfPackage(node.callee)) for (const argument of node.arguments) this.#take(argument);
		}
	}

	#isOfPackage(callee: Node): boolean {
		for (const value of this.#engine.demanded.expressions.get(callee)?.list ?? [])
			if (value.kind === "object" && this.#engine.isForeign(value.object.node)) return true;
		return this.#leadsToPackage(callee, 0);
	}

	/** Whether an expression begins with something that a package declares. */
	#leadsToPackage(node: Node, steps: number): boolean {
		switch (node.type) {
			case "MemberExpression":
				return this.#leadsToPackage(node.object, steps);
			case "ChainExpression":
				return this.#leadsToPackage(node.expression, steps);
			case "AwaitExpression":
				return this.#leadsToPackage(node.argument, steps);
			case "SequenceExpression":
				return this.#leadsToPackage(node.expressions.at(-1), steps);
			case "CallExpression":
			case "NewExpression":
				return [node.callee, ...node.arguments.slice(0, /^__toESM/.test(node.callee.name) ? 1 : 0)].some(
					(one) => this.#leadsToPackage(one, steps),
				);
			case "Identifier":
				return this.#declarationsOf(node).some((declaration) => {
					if (this.#engine.isForeign(declaration)) return true;
					const init = initOf(declaration);
					return steps < STEPS_MAX && init !== undefined && this.#leadsToPackage(init, steps + 1);
				});
			default:
				return false;
		}
	}

	#declarationsOf(identifier: Node): readonly Node[] {
		return this.#engine.scopes.resolve(identifier)?.declarations ?? [];
	}

	/** Takes the texts and keys of an expression, without those of functions in it. */
	#take(expression: Node, steps = 0) {
		if (this.#seen.has(expression)) return;
		this.#seen.add(expression);
		for (const node of nodesIn(expression, (one) => !isFunction(one))) {
			for (const value of this.#engine.demanded.expressions.get(node)?.list ?? [])
				if (value.kind === "string") this.#takeText(value.text);
			if (node.type === "Literal" && typeof node.value === "string") this.#takeText(node.value);
			if (node.type === "Property") this.#takeText(staticKey(node.key, node.computed) ?? "");
			if (node.type !== "Identifier" || steps === STEPS_MAX) continue;
			for (const declaration of this.#declarationsOf(node)) {
				const init = this.#engine.isForeign(declaration) ? undefined : initOf(declaration);
				if (init !== undefined) this.#take(init, steps + 1);
			}
		}
	}

	#takeText(text: string) {
		if (NAME.test(text)) this.names.add(text);
	}
}

/** What a variable gets where it is declared, or the whole from which a pattern takes it. */
function initOf(declaration: Node): Node | undefined {
	let node = declaration.parent;
	while (node !== undefined && /Pattern$|^Property$|^RestElement$/.test(node.type)) node = node.parent;
	return node?.type === "VariableDeclarator" ? (node.init ?? undefined) : undefined;
}

/** A node and all nodes in it. @param isEntered whether to look into a node */
function* nodesIn(root: Node, isEntered: (node: Node) => boolean): Generator<Node> {
	const stack: Node[] = [root];
	for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
		yield node;
		if (!isEntered(node)) continue;
		for (const key of childKeys(node)) {
			const child = node[key] as Node | (Node | null)[] | null | undefined;
			for (const inner of Array.isArray(child) ? child : [child]) if (inner) stack.push(inner);
		}
	}
}
