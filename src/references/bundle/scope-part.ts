/**
 * The declarations and identifiers of some statements at the top level of a program.
 *
 * One pass over the statements links each node to its parent, and collects declarations and identifiers by name. A name
 * is resolved when it is first needed, since an analysis needs few of the names of a large bundle. Nothing here depends
 * on the rest of the program, so that the programs of several bundles can share a part.
 */
import { visitorKeys } from "oxc-parser";
import { blockScope, functionScope } from "./scope-nodes.ts";
import { isTarget, type Node } from "./syntax.ts";

/** A declared name. */
export interface Binding {
	readonly name: string;
	/** The node of the scope that declares it. */
	readonly scope: Node;
	/** Every identifier that declares it. A `var` or a function may be declared several times. */
	readonly declarations: Node[];
}

export interface Uses {
	/** Identifiers that read the binding. */
	reads: Node[];
	/** Identifiers that an assignment, loop, update or pattern gives a value, without the declarations. */
	writes: Node[];
}

export const NO_USES: Uses = { reads: [], writes: [] };
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
};
const MEMBER = ["object"];
const COMPUTED_MEMBER = ["object", "property"];
const KEY = ["value"];
const COMPUTED_KEY = ["key", "value"];
const KEYED = new Set(["Property", "MethodDefinition", "PropertyDefinition", "AccessorProperty"]);

export class ScopePart {
	/** Nodes at which an analysis starts, by type. */
	readonly metaProperties: Node[] = [];
	/** Calls of an identifier with a literal as first argument, as `require("process")` is. */
	readonly calls: Node[] = [];
	readonly importSpecifiers: Node[] = [];
	readonly dynamicImports: Node[] = [];
	/** The identifiers that declare a name in the scope of the program, by name. */
	readonly topLevel = new Map<string, Node[]>();
	readonly #declared = new Map<Node, Map<string, Binding>>();
	/** Every identifier that declares a name; undefined for a name of the program. */
	readonly #bindingOf = new Map<Node, Binding | undefined>();
	readonly #identifiers = new Map<string, Node[]>();
	readonly #uses = new Map<Binding, Uses>();
	readonly #free = new Map<string, Uses>();

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

	/** The binding of a scope inside the part that an identifier refers to. */
	resolve(identifier: Node): Binding | undefined {
		const known = this.#bindingOf.get(identifier);
		if (known !== undefined) return known;
		const name = identifier.name as string;
		for (let node = identifier.parent; node !== undefined; node = node.parent) {
			const binding = this.#declared.get(node)?.get(name);
			if (binding !== undefined) return binding;
		}
		return undefined;
	}

	/** Whether an identifier declares a name. */
	isDeclaration(identifier: Node): boolean {
		return this.#bindingOf.has(identifier);
	}

	/** The identifiers that read and write a binding of a scope inside the part. */
	uses(binding: Binding): Uses {
		this.#resolveName(binding.name);
		return this.#uses.get(binding) ?? NO_USES;
	}

	/** The identifiers with a name that no scope inside the part declares. */
	freeUses(name: string): Uses {
		this.#resolveName(name);
		return this.#free.get(name) ?? NO_USES;
	}

	#resolveName(name: string) {
		const identifiers = this.#identifiers.get(name);
		if (identifiers === undefined) return;
		this.#identifiers.delete(name);
		const free: Uses = { reads: [], writes: [] };
		for (const node of identifiers) {
			if (this.#bindingOf.has(node)) continue;
			const binding = this.resolve(node);
			let uses = binding === undefined ? free : this.#uses.get(binding);
			if (uses === undefined) {
				uses = { reads: [], writes: [] };
				this.#uses.set(binding as Binding, uses);
			}
			const target = isTarget(node) || node.parent?.type === "UpdateExpression";
			(target ? uses.writes : uses.reads).push(node);
		}
		this.#free.set(name, free);
	}

	#enter(node: Node) {
		switch (node.type) {
			case "Identifier": {
				const list = this.#identifiers.get(node.name as string);
				if (list === undefined) this.#identifiers.set(node.name as string, [node]);
				else list.push(node);
				return;
			}
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
		const name = identifier.name as string;
		if (scope.type === "Program") {
			this.#bindingOf.set(identifier, undefined);
			const known = this.topLevel.get(name);
			if (known === undefined) this.topLevel.set(name, [identifier]);
			else known.push(identifier);
			return;
		}
		let names = this.#declared.get(scope);
		if (names === undefined) {
			names = new Map();
			this.#declared.set(scope, names);
		}
		let binding = names.get(name);
		if (binding === undefined) {
			binding = { name, scope, declarations: [] };
			names.set(name, binding);
		}
		binding.declarations.push(identifier);
		this.#bindingOf.set(identifier, binding);
	}
}

/** The children of a node that hold code, without names of keys and labels. */
export function childKeys(node: Node): readonly string[] {
	const kept = CODE_CHILDREN[node.type];
	if (kept !== undefined) return kept;
	if (node.type === "MemberExpression") return node.computed ? COMPUTED_MEMBER : MEMBER;
	if (KEYED.has(node.type)) return node.computed ? COMPUTED_KEY : KEY;
	return visitorKeys[node.type] ?? NO_CHILDREN;
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
