/**
 * What the parts of the analysis know of one another. Two directions meet here: `evaluate` asks backwards
 * what an expression may be; `arrive` follows a value forwards to where it is used. A leaf, so that the
 * parts need not import each other.
 */
import type { Scopes } from "../bundle/scopes.ts";
import type { Node } from "../bundle/syntax.ts";
import type { AbstractObjects } from "./abstract-objects.ts";
import type { Findings } from "./findings.ts";
import type { Solver } from "./solver.ts";
import type { AbstractObject, CallEdge, CallSite, Value, ValueSet } from "./values.ts";

export interface Engine {
	readonly solver: Solver;
	readonly scopes: Scopes;
	readonly objects: AbstractObjects;
	readonly findings: Findings;
	/** Whether a node comes from a dependency (npm or remote), not from the upload. */
	isDependency(node: Node): boolean;
	/** Counts work at a node. False where too much has been done in dependencies on behalf of own code. */
	spendBudget(node: Node): boolean;

	/** What an expression may be. */
	evaluate(node: Node): ValueSet;
	/** What a variable, parameter or pattern receives. */
	assigned(node: Node): ValueSet;
	/** What an argument may be; empty where the call has none there. */
	argument(site: CallSite, index: number): ValueSet;
	/** What a function may return. */
	returned(fn: Node): ValueSet;
	/** What `this` may be in a function, field or static block. */
	thisValue(owner: Node): ValueSet;
	/** What is under a key of a value (any key where it is undefined). */
	readProperty(value: Value, key: string | undefined, into: (value: Value) => void): void;
	property(object: AbstractObject, key: string): ValueSet;
	anyProperty(object: AbstractObject): ValueSet;
	keys(object: AbstractObject): ValueSet;
	/** What iterating a value gives. */
	iterate(value: Value, into: (value: Value) => void): void;

	/** Follows a value to where the node that has it is used. */
	propagate(value: Value, node: Node): void;
	/** Follows a value into a variable, parameter, pattern or property. */
	propagateInto(value: Value, target: Node): void;
	/** Follows a thing from where it is made to all its uses. */
	track(object: AbstractObject): void;
	/** Notes that code which cannot be followed has a value now. */
	escape(value: Value, node: Node, why: string): void;

	/** Calls a value; what comes back goes to `result`. */
	invoke(callee: Value, site: CallSite, result: ValueSet | undefined): void;
	/** The site of a call or `new` expression. */
	callSite(call: Node): CallSite;
	/** A call that the language makes on behalf of another. */
	syntheticSite(site: CallSite, tag: string, args: readonly ValueSet[]): CallSite;
	/** Hears of every call of a function of the bundle. */
	onCallEdge(fn: AbstractObject, listener: (call: CallEdge) => void): void;
	/** A value as the function sees it that a call hands it to; undefined where the contexts disagree. */
	enterCall(value: Value, fn: AbstractObject, call: CallEdge): Value | undefined;
	/** A returned value as the caller sees it; undefined where it came in by another call. */
	leaveCall(value: Value, fn: AbstractObject, call: CallEdge): Value | undefined;
	onEscape(fn: AbstractObject, listener: () => void): void;
}
