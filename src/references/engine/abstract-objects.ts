/**
 * The abstract objects of an analysis, one for each allocation site, and syntax that belongs to functions: their
 * `return`, `yield` and `this` expressions.
 */

import { childKeys } from "../bundle/child-keys.ts";
import { endsNormally } from "../bundle/completions.ts";
import { isClass, isFunction, type Node, staticKey } from "../bundle/syntax.ts";
import { type AbstractObject, type CallEdge, type ObjectKind, type Value, ValueSet } from "./values.ts";

/** An object. Most objects need few of their parts, so these are created when they are first requested. */
class Allocated implements AbstractObject {
	readonly id: number;
	readonly node: Node;
	readonly kind: ObjectKind;
	readonly constructedBy: AbstractObject | undefined;
	readonly properties = new Map<string, ValueSet>();
	readonly summary = new ValueSet();
	readonly keys = new ValueSet();
	readonly resized = new ValueSet();
	members: Map<string, Node[]> | undefined = undefined;
	populated = false;
	anyProperty: ValueSet | undefined = undefined;
	escaped = false;
	tracked = false;
	knownLength: number | undefined = undefined;
	isComplete = false;
	builtinClass: string | undefined = undefined;
	proxyHandler: ValueSet | undefined = undefined;
	trackedAs: Value | undefined = undefined;
	isConstructed = false;
	partOf: AbstractObject | undefined = undefined;
	#accessors: Map<string, ValueSet> | undefined;
	#copiedFrom: ValueSet[] | undefined;
	#instances: ValueSet | undefined;
	#callEdges: Map<string, CallEdge> | undefined;
	#callEdgeListeners: ((call: CallEdge) => void)[] | undefined;
	#escapeListeners: (() => void)[] | undefined;
	#lessened: ValueSet | undefined;
	#received: ValueSet | undefined;
	#parts: ValueSet | undefined;
	#finalValues: ValueSet | undefined;

	constructor(id: number, node: Node, kind: ObjectKind, constructedBy: AbstractObject | undefined) {
		this.id = id;
		this.node = node;
		this.kind = kind;
		this.constructedBy = constructedBy;
	}

	get accessors() {
		this.#accessors ??= new Map();
		return this.#accessors;
	}

	get copiedFrom() {
		this.#copiedFrom ??= [];
		return this.#copiedFrom;
	}

	get instances() {
		this.#instances ??= new ValueSet();
		return this.#instances;
	}

	get callEdges() {
		this.#callEdges ??= new Map();
		return this.#callEdges;
	}

	get callEdgeListeners() {
		this.#callEdgeListeners ??= [];
		return this.#callEdgeListeners;
	}

	get escapeListeners() {
		this.#escapeListeners ??= [];
		return this.#escapeListeners;
	}

	get lessened() {
		this.#lessened ??= new ValueSet();
		return this.#lessened;
	}

	get received() {
		this.#received ??= new ValueSet();
		return this.#received;
	}

	get parts() {
		this.#parts ??= new ValueSet();
		return this.#parts;
	}

	get finalValues() {
		this.#finalValues ??= new ValueSet();
		return this.#finalValues;
	}
}

export class AbstractObjects {
	/** The objects of all nodes, by the tags that distinguish those of one node. */
	readonly #byTag = new Map<string, Map<Node, AbstractObject>>();
	readonly #returns = new Map<Node, Node[]>();
	readonly #ids = new Map<string, number>();
	#nextId = 1;

	/** The object that an object literal, array literal, function or class creates. */
	atNode(node: Node): AbstractObject {
		if (isFunction(node)) return this.allocate(node, "", "function");
		if (isClass(node)) return this.allocate(node, "", "class");
		return this.allocate(node, "", node.type === "ObjectExpression" ? "plain" : "array");
	}

	/**
	 * The object that another node creates, such as a call or a pattern.
	 * @param tag distinguishes several objects of one node
	 * @param constructedBy the class or constructor function of an instance, or the function of a prototype
	 */
	allocate(node: Node, tag: string, kind: ObjectKind, constructedBy?: AbstractObject): AbstractObject {
		const objects = this.#ofTag(tag);
		let object = objects.get(node);
		if (object === undefined) {
			object = new Allocated(this.#nextId++, node, kind, constructedBy);
			objects.set(node, object);
		}
		return object;
	}

	#ofTag(tag: string): Map<Node, AbstractObject> {
		let objects = this.#byTag.get(tag);
		if (objects === undefined) {
			objects = new Map();
			this.#byTag.set(tag, objects);
		}
		return objects;
	}

	/** The iterators that the calls of a generator return: lists of the values that it yields. */
	iteratorOf(generator: Node): AbstractObject {
		return this.allocate(generator, "generator", "array");
	}

	/** The instance of a class that stands for all instances that code outside the bundle creates. */
	externalInstance(constructedBy: AbstractObject): AbstractObject {
		const instance = this.allocate(constructedBy.node, "outside", "instance", constructedBy);
		instance.isConstructed = true;
		return instance;
	}

	/** The same number for the same key, and an unused number for a new key. */
	idOf(key: string): number {
		let id = this.#ids.get(key);
		if (id === undefined) {
			id = this.#nextId++;
			this.#ids.set(key, id);
		}
		return id;
	}

	/** A number that no object, call site or key has. */
	nextId(): number {
		return this.#nextId++;
	}

	/** The expressions whose values a function returns. */
	returnedNodes(fn: Node): readonly Node[] {
		let found = this.#returns.get(fn);
		if (found === undefined) {
			found = [];
			if (fn.body.type !== "BlockStatement") found.push(fn.body);
			else {
				for (const node of descendants(fn.body, isFunction)) {
					if (node.type === "ReturnStatement" && node.argument) found.push(node.argument);
				}
			}
			this.#returns.set(fn, found);
		}
		return found;
	}

	/** Whether no call of a function ever ends in a value: it throws, or it runs forever. */
	neverReturns(fn: Node): boolean {
		return !fn.generator && this.returnedNodes(fn).length === 0 && !endsNormally(fn);
	}

	/** The `yield` expressions of a generator, without those of functions inside it. */
	yieldNodes(fn: Node): Node[] {
		const found: Node[] = [];
		for (const node of descendants(fn.body, isFunction))
			if (node.type === "YieldExpression") found.push(node);
		return found;
	}

	/** Every `this` and `super` in a node that has the meaning it would have at the node itself. */
	thisNodes(node: Node): Node[] {
		const found: Node[] = [];
		const ownThis = (inner: Node) =>
			(isFunction(inner) && inner.type !== "ArrowFunctionExpression") || isClass(inner);
		for (const inner of descendants(node, ownThis)) {
			if (inner.type === "ThisExpression" || inner.type === "Super") found.push(inner);
		}
		return found;
	}
}

/**
 * A node and all nodes in it. The walk does not go into a node for which `stop` is true, except for the root.
 */
function* descendants(root: Node, stop: (node: Node) => boolean): Generator<Node> {
	const stack: Node[] = [root];
	for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
		yield node;
		if (node !== root && stop(node)) continue;
		for (const key of childKeys(node)) {
			const child = node[key] as Node | (Node | null)[] | null | undefined;
			if (Array.isArray(child)) {
				for (const inner of child) if (inner !== null) stack.push(inner);
			} else if (child) stack.push(child);
		}
	}
}

/** Stands for the keys that are known only at run time. No key in code can have this spelling. */
export const COMPUTED = "@@computed";

/** The members of an object literal or a class by their static keys. */
export function membersByKey(owner: AbstractObject): ReadonlyMap<string, readonly Node[]> {
	let index = owner.members;
	if (index === undefined) {
		index = new Map();
		const { node } = owner;
		for (const member of (node.properties ?? node.body.body) as Node[]) {
			const key = member.key ? (staticKey(member.key, member.computed) ?? COMPUTED) : undefined;
			if (key === undefined) continue;
			const list = index.get(key);
			if (list === undefined) index.set(key, [member]);
			else list.push(member);
		}
		owner.members = index;
	}
	return index;
}
