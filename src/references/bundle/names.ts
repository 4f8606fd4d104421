/** One name in a part of a program: what it refers to where. */
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

/** The bindings of a name, by their scopes and by the identifiers that declare them. */
interface Bindings {
	readonly byScope: ReadonlyMap<Node, Binding>;
	/** Undefined for an identifier that declares the name in the scope of the program. */
	readonly byDeclaration: ReadonlyMap<Node, Binding | undefined>;
}

/**
 * A name. The walk over a part only notes where it occurs. The bindings are made when they are first needed, since an
 * analysis needs few of the names of a large bundle.
 */
export class Name {
	/** Every identifier with the name in an expression, a pattern or a declaration, in the order of the walk. */
	readonly identifiers: Node[] = [];
	/** The identifiers that declare the name in the scope of the program. */
	readonly topLevel: Node[] = [];
	readonly #text: string;
	/** The identifiers that declare the name in a scope inside the part, and the scope of each. */
	readonly #declarations: Node[] = [];
	readonly #scopes: Node[] = [];
	#bindings: Bindings | undefined;
	#uses: Map<Binding | undefined, Uses> | undefined;

	constructor(text: string) {
		this.#text = text;
	}

	/** Notes that an identifier declares the name in a scope inside the part. */
	declare(identifier: Node, scope: Node) {
		this.#declarations.push(identifier);
		this.#scopes.push(scope);
	}

	/** The binding of a scope inside the part that an identifier refers to. */
	resolve(identifier: Node): Binding | undefined {
		const { byDeclaration, byScope } = this.#bound();
		const declared = byDeclaration.get(identifier);
		if (declared !== undefined || byScope.size === 0) return declared;
		for (let node = identifier.parent; node !== undefined; node = node.parent) {
			const binding = byScope.get(node);
			if (binding !== undefined) return binding;
		}
		return undefined;
	}

	/** Whether an identifier declares the name. */
	isDeclaration(identifier: Node): boolean {
		return this.#bound().byDeclaration.has(identifier);
	}

	/**
	 * The identifiers that read and write a binding.
	 * @param binding undefined for the identifiers that refer to no scope inside the part
	 */
	uses(binding: Binding | undefined): Uses {
		if (this.identifiers.length === 0) return NO_USES;
		this.#uses ??= this.#findUses();
		return this.#uses.get(binding) ?? NO_USES;
	}

	#bound(): Bindings {
		if (this.#bindings !== undefined) return this.#bindings;
		const byScope = new Map<Node, Binding>();
		const byDeclaration = new Map<Node, Binding | undefined>();
		for (const identifier of this.topLevel) byDeclaration.set(identifier, undefined);
		for (const [index, identifier] of this.#declarations.entries()) {
			const scope = this.#scopes[index] as Node;
			let binding = byScope.get(scope);
			if (binding === undefined) {
				binding = { name: this.#text, scope, declarations: [] };
				byScope.set(scope, binding);
			}
			binding.declarations.push(identifier);
			byDeclaration.set(identifier, binding);
		}
		this.#bindings = { byScope, byDeclaration };
		return this.#bindings;
	}

	#findUses(): Map<Binding | undefined, Uses> {
		const { byDeclaration, byScope } = this.#bound();
		const found = new Map<Binding | undefined, Uses>([[undefined, { reads: [], writes: [] }]]);
		const innermost = innermostFinder([...byScope.values()]);
		for (const node of this.identifiers) {
			if (byDeclaration.has(node)) continue;
			const binding = innermost(node.start);
			let uses = found.get(binding);
			if (uses === undefined) {
				uses = { reads: [], writes: [] };
				found.set(binding, uses);
			}
			const target = isTarget(node) || node.parent?.type === "UpdateExpression";
			(target ? uses.writes : uses.reads).push(node);
		}
		return found;
	}
}

/**
 * Finds the binding of the innermost scope around a place. Scopes contain one another or lie apart, so positions tell
 * which it is. Asked for one place after the other, from the last to the first, this is faster than to look up each node
 * around each identifier.
 */
function innermostFinder(bindings: Binding[]): (place: number) => Binding | undefined {
	// An outer scope comes before the inner ones.
	bindings.sort((a, b) => b.scope.end - a.scope.end || a.scope.start - b.scope.start);
	/** The bindings whose scopes may contain the last place, the innermost last. */
	const open: Binding[] = [];
	const close = (place: number) => {
		while ((open.at(-1)?.scope.start ?? place) > place) open.pop();
	};
	let [next, last] = [0, Number.POSITIVE_INFINITY];
	return (place) => {
		if (place > last) {
			next = 0;
			open.length = 0;
		}
		last = place;
		for (; next < bindings.length; next++) {
			const binding = bindings[next] as Binding;
			if (binding.scope.end <= place) break;
			close(binding.scope.end - 1);
			open.push(binding);
		}
		close(place);
		return open.at(-1);
	};
}
