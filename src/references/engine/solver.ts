/**
 * The work list. Value sets only grow, and each listener gets each value once. Every rule of the analysis is such a
 * listener, so that the order of work does not change the result and the work ends in a fixpoint.
 */
import type { Node } from "../bundle/syntax.ts";
import { NO_CONTEXT } from "./context.ts";
import { withoutContext } from "./origins.ts";
import { makeValue, unknownValue, type Value, ValueSet, withContext } from "./values.ts";

/** The reason of an access that is dynamic because the budget was used up. */
export const BUDGET_EXCEEDED = "analysis limit";

const UNKNOWN_BEYOND_BUDGET = unknownValue(BUDGET_EXCEEDED);
const UNKNOWN_IN_DEPENDENCY = unknownValue("a value of a dependency");

export interface Budget {
	/** The most values in one set. Beyond it the set is widened to an unknown value. */
	valuesMax: number;
	/** The most contexts of one value in one set. Beyond it the value is kept without context. */
	contextsMax: number;
	/** Whether an unknown value keeps its reason and context. All others become one unknown value. */
	keepsReason: (unknown: Value) => boolean;
	/** Whether a node belongs to the upload's own code, in which a dynamic access can be reported. */
	isOwn: (node: Node) => boolean;
	/** The most steps of one run. */
	stepsMax: number;
}

/** A listener or set, which gets the value that it waits with, or a task without a value. */
type Task = ((value: Value) => void) | ValueSet;

export class Solver {
	/** Steps of all runs so far. */
	steps = 0;
	#budget: Budget = { valuesMax: 0, contextsMax: 0, stepsMax: 0, keepsReason: () => true, isOwn: () => true };
	/** The waiting tasks, and for each the value that it is called with. */
	#tasks: Task[] = [];
	#arguments: (Value | undefined)[] = [];

	/** Adds a value to a set, or the value that it is widened to. */
	add(set: ValueSet, value: Value) {
		if (set.has(value.key)) return;
		const added = this.#widen(set, value);
		if (set.has(added.key)) return;
		set.put(added);
		const { listeners } = set;
		if (listeners === undefined) return;
		for (let index = 0; index < listeners.length; index++) this.#enqueueCall(listeners[index] as Task, added);
	}

	/** Whether `add` no longer changes anything, for any value. */
	isFull(set: ValueSet): boolean {
		return set.size >= this.#budget.valuesMax && set.widened?.has(UNKNOWN_BEYOND_BUDGET.shapeKey) === true;
	}

	/** Widening: beyond its budget a set holds less precise values, so that the work ends. */
	#widen(set: ValueSet, value: Value): Value {
		if (set.size >= this.#budget.valuesMax)
			return this.#unknownFor(set, withContext(UNKNOWN_BEYOND_BUDGET, NO_CONTEXT, value.reportAt));
		if (value.kind === "unknown" && value.prefix === undefined && !this.#budget.keepsReason(value))
			return UNKNOWN_IN_DEPENDENCY;
		if (set.contextCounts === undefined) {
			if (set.size === 0 && this.#budget.contextsMax > 0) return value;
			set.contextCounts = new Map();
			for (const { shapeKey } of set.list)
				if (shapeKey !== UNKNOWN_IN_DEPENDENCY.shapeKey) set.contextCounts.set(shapeKey, 1);
		}
		const contexts = (set.contextCounts.get(value.shapeKey) ?? 0) + 1;
		set.contextCounts.set(value.shapeKey, contexts);
		if (contexts <= this.#budget.contextsMax) return value;
		if (value.kind === "unknown") return this.#unknownFor(set, withContext(value, NO_CONTEXT));
		// No number, boolean or `undefined` is a name, so its provenance is not needed.
		if (value.kind === "nothing" || (value.kind === "string" && value.numeric)) return makeValue(value);
		return value.context.entries.length === 0 ? value : withoutContext(value);
	}

	/**
	 * One unknown value for all of its shape that a set is widened to. An access in a dependency is reported at the
	 * own code's call, so a value that was passed there is preferred.
	 */
	#unknownFor(set: ValueSet, value: Value): Value {
		set.widened ??= new Map();
		const earlier = set.widened.get(value.shapeKey);
		const isOwn = ({ reportAt }: Value) => reportAt !== undefined && this.#budget.isOwn(reportAt);
		if (earlier !== undefined && (isOwn(earlier) || !isOwn(value))) return earlier;
		set.widened.set(value.shapeKey, value);
		return value;
	}

	/** A new set of one value. */
	singleton(value: Value): ValueSet {
		const set = new ValueSet();
		this.add(set, value);
		return set;
	}

	/** Calls the listener with each value that the set has now or gets later. */
	onValue(set: ValueSet, listener: (value: Value) => void) {
		this.#listen(set, listener);
	}

	#listen(set: ValueSet, listener: Task) {
		if (set.listeners === undefined) set.listeners = [listener];
		else set.listeners.push(listener);
		const { list } = set;
		for (let index = 0; index < list.length; index++) this.#enqueueCall(listener, list[index] as Value);
	}

	/** Adds every value of one set to another, now and later: the constraint `from` ⊆ `to`. */
	include(from: ValueSet, to: ValueSet) {
		if (from === to || !from.noteInclusion(to)) return;
		this.#listen(from, to);
	}

	/** Puts a task at the end of the work list. */
	enqueue(task: () => void) {
		this.#tasks.push(task);
		this.#arguments.push(undefined);
	}

	#enqueueCall(listener: Task, value: Value) {
		this.#tasks.push(listener);
		this.#arguments.push(value);
	}

	/**
	 * Works until the work list is empty.
	 * @returns false if the budget of steps ended the run before a fixpoint
	 */
	run(budget: Budget): boolean {
		this.#budget = budget;
		const stepsMax = this.steps + budget.stepsMax;
		while (this.#tasks.length > 0) {
			const [tasks, values] = [this.#tasks, this.#arguments];
			this.abandon();
			for (let index = 0; index < tasks.length; index++) {
				if (this.steps++ >= stepsMax) {
					this.#tasks = tasks.slice(index).concat(this.#tasks);
					this.#arguments = values.slice(index).concat(this.#arguments);
					return false;
				}
				const task = tasks[index] as Task;
				if (typeof task === "function") task(values[index] as Value);
				else this.add(task, values[index] as Value);
			}
		}
		return true;
	}

	/** Whether no work is left. */
	get isIdle(): boolean {
		return this.#tasks.length === 0;
	}

	/** Drops the remaining work. */
	abandon() {
		this.#tasks = [];
		this.#arguments = [];
	}
}
