/**
 * The interface between the parts of the analysis. Backward analysis (`evaluate`) computes the values that an
 * expression may have. Forward analysis (`propagate`) follows a value to its uses. Both need each other, so they use
 * this interface and import nothing from each other.
 */
import type { Binding } from "../bundle/names.ts";
import type { Scopes } from "../bundle/scopes.ts";
import type { Node } from "../bundle/syntax.ts";
import type { AbstractObjects } from "./abstract-objects.ts";
import type { Findings } from "./findings.ts";
import type { Solver } from "./solver.ts";
import type { AbstractObject, CallEdge, CallSite, Value, ValueSet } from "./values.ts";

/** The value that an iteration passes to the iterator's `next`. */
export interface Sent {
	readonly values: ValueSet;
	/** The node that iterates. */
	readonly by: Node;
}

/** Exceptions, and the reasons of rejected promises. */
export interface Thrown {
	/** The reasons with which a promise of the code may be rejected, apart from errors of the language. */
	readonly rejections: ValueSet;
	/** The values that the parameter of a `catch` clause receives. */
	caught(clause: Node): ValueSet;
	/** Notes that a node throws values. */
	throwFrom(values: ValueSet, node: Node): void;
	/** Notes that a promise is rejected with values. */
	reject(values: ValueSet, node: Node): void;
	/** Notes that a promise may be rejected with a value that is not known. */
	rejectUnknown(): void;
	/** Notes that a function of the upload's own code may run. */
	noteReached(fn: Node): void;
	/** Notes that a function may run where no call in the code names it. */
	noteImplicit(fn: Node): void;
	/** Notes a call of a function. */
	noteCall(fn: AbstractObject, call: CallEdge): void;
	/**
	 * Checks at a fixpoint whether other code may throw at each handler.
	 * @param isLast whether to skip the checks, so that each handler receives an unknown value
	 * @returns whether the solver has work now
	 */
	settle(isLast: boolean): boolean;
}

/**
 * What the rules compute once in an analysis and use again.
 *
 * A table in a module, as a `WeakMap`, would be slow: V8's collector of young objects keeps what a `WeakMap` holds. It
 * would copy the syntax tree of every analysis, and the tree would stay until a full collection.
 */
interface Remembered {
	/** The objects that sums are read from. A sum of many parts is requested once for each part. */
	readonly holders: Map<Node, { readonly holder: unknown }>;
	/** The keys of the arrays that each call of `flat` went into. */
	readonly flattened: Map<CallSite, Set<string>>;
	/** What each decorator returns. */
	readonly decorated: Map<Node, ValueSet>;
	/** Whether conditions compare a variable that never changes. */
	readonly compared: Map<Binding, boolean>;
	/** Whether conditions test the type of a variable that never changes. */
	readonly tested: Map<Binding, boolean>;
	/** The types that a variable does not have at a read. */
	readonly excluded: Map<Node, ReadonlySet<string>>;
}

/** What a function that makes or uses schemas does. */
export type SchemaFunction = "make" | "extend" | "same" | "merge" | "parse";

export interface Engine {
	readonly solver: Solver;
	readonly scopes: Scopes;
	readonly objects: AbstractObjects;
	readonly schemas: {
		/** The text of the whole bundle. */
		readonly text: string;
		/** What a function does, if it is one of a package with a model. */
		kindOf(fn: Node): SchemaFunction | undefined;
		/** The function of a package with a model that a read of a property yields. */
		makerAt(member: Node): Node | undefined;
	};
	readonly findings: Findings;
	readonly remembered: Remembered;
	readonly thrown: Thrown;
	/** Postponed work in dependencies, which runs when there is a budget for them. */
	readonly postponed: (() => void)[];
	/** Expressions of dependencies that the upload's own code depends on, and that no budget was left for. */
	readonly unevaluated: Node[];
	/** Names of properties of built-in objects that the code replaces. A star stands for any name. */
	readonly replaced: Set<string>;
	/** The value sets of all nodes that were requested so far. */
	readonly demanded: { readonly expressions: Map<Node, ValueSet>; readonly targets: Map<Node, ValueSet> };
	/** Whether a node comes from a dependency (npm, JSR or the web) and not from the upload. */
	isDependency(node: Node): boolean;
	/** Whether a node comes from a dependency. False also for code that the bundler made. */
	isForeign(node: Node): boolean;
	/**
	 * Counts one node of work.
	 * @returns false if the budget for nodes of dependencies is used up, while the upload's own code is
	 * analysed
	 */
	spendBudget(node: Node): boolean;

	/** The values that an expression may have. */
	evaluate(node: Node): ValueSet;
	/** The values that may be assigned to a variable, parameter, property or pattern. */
	assigned(node: Node): ValueSet;
	/** The values that an argument may have; `undefined` alone where the call passes none there. */
	argument(site: CallSite, index: number): ValueSet;
	/** The values that a function may return, in the contexts inside the function. */
	returned(fn: Node): ValueSet;
	/** The values that `this` may have in a function, field initialiser or static block. */
	thisValue(owner: Node): ValueSet;
	/**
	 * Reads a property of a value.
	 * @param key undefined reads the properties under all keys
	 * @param into is called with each value of the property, once
	 */
	readProperty(value: Value, key: string | undefined, into: (value: Value) => void): void;
	/** The values of one property of an object. */
	property(object: AbstractObject, key: string): ValueSet;
	/**
	 * The functions that a read of a property or an assignment to it may call.
	 * @param key undefined for all keys
	 */
	accessors(object: AbstractObject, kind: "get" | "set", key: string | undefined): ValueSet;
	/** Copies all properties of other objects to an object: by `Object.assign`, or as its prototype. */
	copyProperties(target: AbstractObject, source: ValueSet): void;
	/** The values of all properties of an object. */
	anyProperty(object: AbstractObject): ValueSet;
	/** The keys of an object, as strings or unknown values. */
	keys(object: AbstractObject): ValueSet;
	/**
	 * Calls `into` with each value that iteration over a value yields.
	 * @param sent what the iteration passes to `next`, as `yield*` does
	 */
	iterate(value: Value, into: (value: Value) => void, sent?: Sent): void;

	/** Follows a value from an expression that has it to the uses of the expression. */
	propagate(value: Value, node: Node): void;
	/** Follows a value into a variable, parameter, pattern or property that it is assigned to. */
	propagateInto(value: Value, target: Node): void;
	/** Follows an object from its allocation site to all its uses. */
	track(object: AbstractObject): void;
	/**
	 * Records that code outside the analysis can access a value.
	 * @param why the way in which it escaped; becomes part of the reason of a dynamic access
	 * @param isWritten false if the code calls functions and reads properties, but surely assigns none
	 */
	escape(value: Value, node: Node, why: string, isWritten?: boolean): void;

	/** Notes that a function or program may run. The expressions of the upload's own code are evaluated then. */
	reach(owner: Node): void;
	/** Whether a function was reached. */
	isReached(owner: Node): boolean;
	/** Calls the listener once the code around a node may run. That of a dependency always may. */
	onReached(node: Node, listener: () => void): void;
	/**
	 * Calls a value.
	 * @param result receives the result of the call; undefined if the result is not needed
	 */
	invoke(callee: Value, site: CallSite, result: ValueSet | undefined): void;
	/** The call site of a call or `new` expression. */
	callSite(call: Node): CallSite;
	/**
	 * The site of a call that a built-in function makes on behalf of the code, such as the callback of `map`.
	 * @param tag distinguishes several such calls of one site
	 */
	syntheticSite(site: CallSite, tag: string, args: readonly ValueSet[]): CallSite;
	/**
	 * The site of a call that no call expression makes: a loop calls an iterator, an assignment a setter.
	 * @param receiver the values of `this` in the called function
	 */
	impliedSite(node: Node, tag: string, args: readonly ValueSet[], receiver: ValueSet): CallSite;
	/** Calls the listener with every call edge to a function, existing and later ones. */
	onCallEdge(fn: AbstractObject, listener: (call: CallEdge) => void): void;
	/** A value of the caller in the context of the called function; undefined if the contexts do not unify. */
	enterCall(value: Value, fn: AbstractObject, call: CallEdge): Value | undefined;
	/** A returned value in the caller's context; undefined if it entered the function by another call. */
	leaveCall(value: Value, fn: AbstractObject, call: CallEdge): Value | undefined;
	/** Calls the listener once when a function escapes, or soon if it has already escaped. */
	onEscape(fn: AbstractObject, listener: () => void): void;
}
