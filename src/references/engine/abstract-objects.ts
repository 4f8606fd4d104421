/** The things that the code makes, one per place, and the functions' own lists of returns and `this`. */
import { childKeys } from "../bundle/scopes.ts";
import { isClass, isFunction, type Node } from "../bundle/syntax.ts";
import { Cell, type Thing, type ThingKind } from "./values.ts";

export class Things {
	readonly #byNode = new Map<Node, Map<string, Thing>>();
	readonly #returns = new Map<Node, Node[]>();
	readonly #ids = new Map<string, number>();
	#nextId = 1;

	/** The thing that an object, array, function or class expression makes. */
	of(node: Node): Thing {
		if (isFunction(node)) return this.made(node, "", "function");
		if (isClass(node)) return this.made(node, "", "class");
		return this.made(node, "", node.type === "ObjectExpression" ? "plain" : "array");
	}

	/** A thing that a call or pattern makes; the tag tells several at one node apart. */
	made(node: Node, tag: string, kind: ThingKind, made?: Thing): Thing {
		let tags = this.#byNode.get(node);
		if (tags === undefined) {
			tags = new Map();
			this.#byNode.set(node, tags);
		}
		let thing = tags.get(tag);
		if (thing === undefined) {
			thing = {
				id: this.#nextId++,
				kind,
				node,
				...(made === undefined ? {} : { made }),
				slots: new Map(),
				open: new Cell(),
				names: new Cell(),
				named: false,
				every: undefined,
				sources: [],
				instances: new Cell(),
				calls: new Map(),
				callListeners: [],
				escaped: false,
				escapeListeners: [],
				traced: false,
				traps: undefined,
				origin: undefined,
			};
			tags.set(tag, thing);
		}
		return thing;
	}

	/** The instance of a class that code outside makes, or nobody. */
	outside(owner: Thing): Thing {
		return this.made(owner.node, "outside", "instance", owner);
	}

	/** A number that stays the same for the same text. */
	idOf(key: string): number {
		let id = this.#ids.get(key);
		if (id === undefined) {
			id = this.#nextId++;
			this.#ids.set(key, id);
		}
		return id;
	}

	/** A number that no thing and no call site has. */
	nextId(): number {
		return this.#nextId++;
	}

	/** The expressions that a function may return. */
	returns(fn: Node): readonly Node[] {
		let found = this.#returns.get(fn);
		if (found === undefined) {
			found = [];
			if (fn.body.type !== "BlockStatement") found.push(fn.body);
			else {
				for (const node of within(fn.body, isFunction)) {
					if (node.type === "ReturnStatement" && node.argument) found.push(node.argument);
				}
			}
			this.#returns.set(fn, found);
		}
		return found;
	}

	/** The `yield` expressions of a generator. */
	yields(fn: Node): Node[] {
		const found: Node[] = [];
		for (const node of within(fn.body, isFunction)) if (node.type === "YieldExpression") found.push(node);
		return found;
	}

	/** Every `this` and `super` in a node that means the same as at the node itself. */
	selfNodes(node: Node): Node[] {
		const found: Node[] = [];
		const ownThis = (inner: Node) =>
			(isFunction(inner) && inner.type !== "ArrowFunctionExpression") || isClass(inner);
		for (const inner of within(node, ownThis)) {
			if (inner.type === "ThisExpression" || inner.type === "Super") found.push(inner);
		}
		return found;
	}
}

/** A node and all in it, without going into those that `stop` says (the first one excepted). */
function* within(root: Node, stop: (node: Node) => boolean): Generator<Node> {
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
