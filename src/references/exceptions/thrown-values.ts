/**
 * Exceptions: the values that `catch` clauses and handlers of promises receive.
 *
 * What the code throws goes to the handler around it, or out of the function to each of its calls. What built-in
 * functions and operators throw is an error of the language. What other code throws is not known.
 *
 * Some functions run where no call in the code names them: accessors, callbacks of built-in functions, generators.
 * What these throw may arrive at any handler. A promise of an asynchronous function may be waited for anywhere, so
 * what that function throws may arrive at any `await`.
 *
 * Whether other code may throw is asked once the solver has come to a fixpoint, when the callees are known. It is
 * asked again at each further one. A handler where other code may throw receives an unknown value, and what the
 * upload's own code throws there escapes.
 */
import type { Node } from "../bundle/syntax.ts";
import type { Engine, Thrown } from "../engine/engine.ts";
import { keep } from "../engine/origins.ts";
import { isImplicit } from "../engine/reachable-code.ts";
import { type AbstractObject, type CallEdge, unknownValue, type Value, ValueSet } from "../engine/values.ts";
import { languageError } from "./language-errors.ts";
import { isRepeatedWithin, regionOf } from "./regions.ts";
import { UnknownThrows } from "./unknown-throws.ts";

const UNKNOWN = unknownValue("an exception");
const OUT_OF_REACH = "thrown to code that the analysis cannot follow";
/** Words of handlers of exceptions that nothing catches. Those of other events, such as `abort`, do not count. */
const HANDLES_UNCAUGHT =
	/uncaught|unhandled|onerror|(?<!add|remove)EventListener|addEventListener(?!\()|addEventListener\((?!\s*["'`](?!error["'`]|unhandled))/i;
/** The most values that one part of the code throws. More of them are not known. */
const VALUES_MAX = 12;

interface Handler {
	readonly received: ValueSet;
	/** What is known of it: nothing yet, that no other code throws there, or that other code may. */
	state: "new" | "known" | "unknown";
}

export class ThrownValues implements Thrown {
	readonly rejections = new ValueSet();
	readonly #engine: Engine;
	readonly #unknown: UnknownThrows;
	readonly #thrown = new Map<Node, ValueSet>();
	readonly #handlers = new Map<Node, Handler>();
	/** Whether the code may have a handler of exceptions that nothing catches. */
	#isUncaughtHandled: boolean | undefined;
	/** What functions throw that no call in the code names. */
	readonly #implicit = new ValueSet();

	constructor(engine: Engine) {
		this.#engine = engine;
		this.#unknown = new UnknownThrows(engine);
		engine.solver.include(this.#implicit, this.rejections);
	}

	caught(clause: Node): ValueSet {
		let handler = this.#handlers.get(clause);
		if (handler === undefined) {
			handler = { received: new ValueSet(), state: "new" };
			this.#handlers.set(clause, handler);
			const { param } = clause;
			this.#engine.solver.onValue(handler.received, (value) => this.#engine.propagateInto(value, param));
		}
		return handler.received;
	}

	throwFrom(values: ValueSet, node: Node) {
		this.#engine.solver.onValue(values, (value) => this.#deliver(value, node));
	}

	reject(values: ValueSet, node: Node) {
		this.#engine.solver.onValue(values, (value) => this.#put(this.rejections, keep(value), node));
	}

	rejectUnknown() {
		this.#unknown.isRejectionUnknown = true;
	}

	noteReached(fn: Node) {
		if (fn.generator || isImplicit(fn)) this.#unknown.implicit.add(fn);
		if (fn.async) this.#unknown.asynchronous.add(fn);
	}

	noteImplicit(fn: Node) {
		if (this.#engine.isForeign(fn) || this.#unknown.implicit.has(fn)) return;
		this.#unknown.implicit.add(fn);
		this.#engine.solver.onValue(this.#thrownIn(fn), (value) => this.#put(this.#implicit, keep(value), fn));
	}

	noteCall(fn: AbstractObject, { site }: CallEdge) {
		if (!site.isInSource && !this.#engine.isForeign(site.node)) this.#unknown.implicit.add(fn.node);
	}

	settle(isLast: boolean): boolean {
		const { solver } = this.#engine;
		// Functions that call one another are looked at again, until none is found to run other code.
		do this.#settleOnce(isLast);
		while (this.#unknown.hasFound);
		return !solver.isIdle;
	}

	#settleOnce(isLast: boolean) {
		const { solver } = this.#engine;
		this.#unknown.begin();
		for (const [clause, handler] of this.#handlers) {
			if (handler.state === "unknown") continue;
			const block = clause.parent?.block as Node;
			if (isLast || this.#unknown.mayThrow(block)) this.#giveUp(clause, handler);
			else if (handler.state === "new") this.#followAll(clause, handler);
		}
		const isAsked = this.rejections.listeners !== undefined && this.rejections.listeners.length > 0;
		if (isAsked && (isLast || this.#unknown.mayReject())) solver.add(this.rejections, UNKNOWN);
	}

	#giveUp(clause: Node, handler: Handler) {
		const { solver } = this.#engine;
		handler.state = "unknown";
		solver.add(handler.received, unknownValue("a computed value"));
		// The unknown value stands for names. Objects that hold the environment are followed.
		solver.onValue(this.#thrownIn(clause), (value) => {
			if (value.kind !== "string") solver.add(handler.received, value);
		});
	}

	#followAll(clause: Node, handler: Handler) {
		const { solver } = this.#engine;
		handler.state = "known";
		const waits = this.#unknown.waits(clause.parent?.block as Node);
		solver.include(this.#thrownIn(clause), handler.received);
		solver.include(waits ? this.rejections : this.#implicit, handler.received);
		solver.add(handler.received, languageError(this.#engine, clause, waits));
	}

	/** What a region throws. */
	#thrownIn(region: Node): ValueSet {
		let set = this.#thrown.get(region);
		if (set === undefined) {
			set = new ValueSet();
			this.#thrown.set(region, set);
			if (region.type !== "CatchClause") this.#passOn(region, set);
		}
		return set;
	}

	#deliver(value: Value, node: Node) {
		const region = regionOf(node);
		if (region.type === "Program") return this.#leaveProgram(value, node);
		const isCaught = region.type === "CatchClause";
		const isKept = isCaught && isRepeatedWithin(node, region.parent as Node);
		this.#put(this.#thrownIn(region), isKept ? keep(value) : value, node);
	}

	/** An exception that nothing catches ends the program. No code gets it but the handlers of such exceptions. */
	#leaveProgram(value: Value, node: Node) {
		this.#isUncaughtHandled ??= HANDLES_UNCAUGHT.test(this.#engine.schemas.text);
		if (this.#isUncaughtHandled) this.#engine.escape(value, node, OUT_OF_REACH, false);
	}

	#put(set: ValueSet, value: Value, node: Node) {
		const { solver } = this.#engine;
		const isFull = set.size >= VALUES_MAX && !set.has(value.key);
		solver.add(set, isFull ? UNKNOWN : value);
		// Other code may call what throws it, or have the promise.
		if (isFull || set === this.#implicit || set === this.rejections)
			this.#engine.escape(value, node, OUT_OF_REACH);
	}

	/** Passes on what leaves a function, the initialiser of a field, or the program. */
	#passOn(region: Node, thrown: ValueSet) {
		const engine = this.#engine;
		const toAll = (into: ValueSet) =>
			engine.solver.onValue(thrown, (value) => this.#put(into, keep(value), region));
		const giveAway = () =>
			engine.solver.onValue(thrown, (value) => engine.escape(value, region, OUT_OF_REACH));
		if (region.type === "PropertyDefinition") return toAll(this.#implicit);
		const fn = engine.objects.atNode(region);
		engine.onEscape(fn, () => giveAway());
		if (region.generator || isImplicit(region)) toAll(this.#implicit);
		if (region.async) return toAll(this.rejections);
		engine.onCallEdge(fn, (call) => {
			if (engine.isForeign(call.site.node)) return giveAway();
			if (!call.site.isInSource) return toAll(this.#implicit);
			engine.solver.onValue(thrown, (value) => {
				const left = engine.leaveCall(value, fn, call);
				if (left !== undefined) this.#deliver(left, call.site.node);
			});
		});
	}
}
