/**
 * The declarations and identifiers of some statements at the top level of a program.
 *
 * One pass over the statements links each node to its parent, and collects declarations and identifiers by name. A name
 * is resolved when it is first needed, since an analysis needs few of the names of a large bundle. Nothing here depends
 * on the rest of the program, so that the programs of several bundles can share a part.
 */
import { childKeys } from "./child-keys.ts";
import { type Binding, Name, NO_USES, type Uses } from "./names.ts";
import { blockScope, functionScope } from "./scope-nodes.ts";
import { type Node, staticKey } from "./syntax.ts";

/** Properties that lead to the constructor of functions, which makes code from text. */
export const LEADS_TO_CONSTRUCTOR = new Set([
	"constructor",
	"getOwnPropertyDescriptor",
	"getOwnPropertyDescriptors",
]);

export class ScopePart {
	/** Nodes at which an analysis starts, by type. */
	readonly metaProperties: Node[] = [];
	/** Calls of an identifier with a literal as first argument, as `require("process")` is. */
	readonly calls: Node[] = [];
	readonly importSpecifiers: Node[] = [];
	readonly dynamicImports: Node[] = [];
	/** Reads of properties that may lead to the constructor of functions: their keys are computed, or name one that does. */
	readonly constructorReads: Node[] = [];
	readonly #names = new Map<string, Name>();

	/** @param statements their parent is the program */
	constructor(statements: readonly Node[]) {
		const stack = [...statements];
		for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
			this.#enter(node);
			const keys = childKeys(node);
			for (let index = 0; index < keys.length; index++)
				pushChildren(stack, node, node[keys[index] as string]);
		}
	}

	/** The identifiers that declare a name in the scope of the program, by name. */
	*topLevel(): Generator<readonly [name: string, identifiers: readonly Node[]]> {
		for (const [text, { topLevel }] of this.#names) if (topLevel.length > 0) yield [text, topLevel];
	}

	/** The binding of a scope inside the part that an identifier refers to. */
	resolve(identifier: Node): Binding | undefined {
		return this.#names.get(identifier.name as string)?.resolve(identifier);
	}

	/** Whether an identifier declares a name. */
	isDeclaration(identifier: Node): boolean {
		return this.#names.get(identifier.name as string)?.isDeclaration(identifier) === true;
	}

	/** The identifiers that read and write a binding of a scope inside the part. */
	uses(binding: Binding): Uses {
		return this.#names.get(binding.name)?.uses(binding) ?? NO_USES;
	}

	/** The identifiers with a name that no scope inside the part declares. */
	freeUses(name: string): Uses {
		return this.#names.get(name)?.uses(undefined) ?? NO_USES;
	}

	#name(text: string): Name {
		let name = this.#names.get(text);
		if (name === undefined) {
			name = new Name(text);
			this.#names.set(text, name);
		}
		return name;
	}

	#enter(node: Node) {
		switch (node.type) {
			case "Identifier":
				this.#name(node.name as string).identifiers.push(node);
				return;
			case "AccessorProperty":
				// `accessor name = value` is read and assigned as a field is.
				Object.assign(node, { type: "PropertyDefinition", isAccessor: true });
				return;
			case "VariableDeclaration": {
				const scope = node.kind === "var" ? functionScope(node) : blockScope(node);
				for (const declarator of node.declarations as Node[]) this.#declarePattern(scope, declarator.id);
				return;
			}
			case "CatchClause":
				if (node.param) this.#declarePattern(node, node.param);
				return;
			case "MetaProperty":
				this.metaProperties.push(node);
				return;
			case "ImportExpression":
				this.dynamicImports.push(node);
				return;
			case "MemberExpression":
				if (mayLeadToConstructor(node.property, node.computed)) this.constructorReads.push(node);
				return;
			case "Property":
				if (node.parent?.type === "ObjectPattern" && mayLeadToConstructor(node.key, node.computed))
					this.constructorReads.push(node);
				return;
			case "CallExpression":
				if (node.callee.type === "Identifier" && node.arguments[0]?.type === "Literal") this.calls.push(node);
				return;
			case "ImportDeclaration":
				for (const specifier of node.specifiers as Node[]) {
					specifier.local.parent = specifier;
					this.importSpecifiers.push(specifier);
					this.#declare(blockScope(node), specifier.local);
				}
				return;
			case "FunctionDeclaration":
			case "FunctionExpression":
			case "ArrowFunctionExpression":
				this.#enterFunction(node);
				return;
			case "ClassDeclaration":
			case "ClassExpression":
				if (node.id) this.#declare(node.type === "ClassDeclaration" ? blockScope(node) : node, node.id);
		}
	}

	#enterFunction(node: Node) {
		if (node.id) this.#declare(node.type === "FunctionDeclaration" ? blockScope(node) : node, node.id);
		for (const param of node.params as Node[]) this.#declarePattern(node, param);
	}

	#declarePattern(scope: Node, pattern: Node) {
		const stack: Node[] = [pattern];
		for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
			switch (node.type) {
				case "Identifier":
					this.#declare(scope, node);
					break;
				case "ObjectPattern":
					for (const property of node.properties as Node[]) stack.push(property.value ?? property.argument);
					break;
				case "ArrayPattern":
					for (const element of node.elements as (Node | null)[]) if (element !== null) stack.push(element);
					break;
				case "AssignmentPattern":
					stack.push(node.left);
					break;
				case "RestElement":
					stack.push(node.argument);
					break;
			}
		}
	}

	#declare(scope: Node, identifier: Node) {
		const name = this.#name(identifier.name as string);
		if (scope.type === "Program") name.topLevel.push(identifier);
		else name.declare(identifier, scope);
	}
}

function mayLeadToConstructor(key: Node, computed: boolean): boolean {
	const name = staticKey(key, computed);
	return name === undefined || LEADS_TO_CONSTRUCTOR.has(name);
}

function pushChildren(stack: Node[], parent: Node, child: Node | (Node | null)[] | null | undefined) {
	if (child === null || child === undefined) return;
	if (!Array.isArray(child)) {
		if (child.type === "Literal") return;
		child.parent = parent;
		stack.push(child);
		return;
	}
	for (const node of child) {
		if (node === null || node.type === "Literal") continue;
		node.parent = parent;
		stack.push(node);
	}
}
