/**
 * What the parts of the analysis know of one another. Two directions meet here: `evaluate` asks backwards
 * what an expression may be; `arrive` follows a value forwards to where it is used. A leaf, so that the
 * parts need not import each other.
 */
import type { Scopes } from "../bundle/scopes.ts";
import type { Node } from "../bundle/syntax.ts";
import type { Things } from "./abstract-objects.ts";
import type { Findings } from "./findings.ts";
import type { Solver } from "./solver.ts";
import type { Call, CallSite, Cell, Thing, Value } from "./values.ts";

export interface Engine {
	readonly solver: Solver;
	readonly scopes: Scopes;
	readonly things: Things;
	readonly findings: Findings;
	/** Whether a node comes from a dependency (npm or remote), not from the upload. */
	isDependency(node: Node): boolean;
	/** Counts work at a node. False where too much has been done in dependencies on behalf of own code. */
	spend(node: Node): boolean;

	/** What an expression may be. */
	evaluate(node: Node): Cell;
	/** What a variable, parameter or pattern receives. */
	target(node: Node): Cell;
	/** What an argument may be; empty where the call has none there. */
	argument(site: CallSite, index: number): Cell;
	/** What a function may return. */
	returned(fn: Node): Cell;
	/** What `this` may be in a function, field or static block. */
	self(owner: Node): Cell;
	/** What is under a key of a value (any key where it is undefined). */
	read(value: Value, key: string | undefined, into: (value: Value) => void): void;
	slot(thing: Thing, key: string): Cell;
	every(thing: Thing): Cell;
	names(thing: Thing): Cell;
	/** What iterating a value gives. */
	elements(value: Value, into: (value: Value) => void): void;

	/** Follows a value to where the node that has it is used. */
	arrive(value: Value, node: Node): void;
	/** Follows a value into a variable, parameter, pattern or property. */
	arriveTarget(value: Value, target: Node): void;
	/** Follows a thing from where it is made to all its uses. */
	trace(thing: Thing): void;
	/** Notes that code which cannot be followed has a value now. */
	escape(value: Value, node: Node, why: string): void;

	/** Calls a value; what comes back goes to `result`. */
	invoke(callee: Value, site: CallSite, result: Cell | undefined): void;
	/** The site of a call or `new` expression. */
	site(call: Node): CallSite;
	/** A call that the language makes on behalf of another. */
	impliedSite(site: CallSite, tag: string, args: readonly Cell[]): CallSite;
	/** Hears of every call of a function of the bundle. */
	onCall(fn: Thing, listener: (call: Call) => void): void;
	/** A value as the function sees it that a call hands it to; undefined where the contexts disagree. */
	enter(value: Value, fn: Thing, call: Call): Value | undefined;
	/** A returned value as the caller sees it; undefined where it came in by another call. */
	leave(value: Value, fn: Thing, call: Call): Value | undefined;
	onEscape(fn: Thing, listener: () => void): void;
}
