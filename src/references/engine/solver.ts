/**
 * The work-list: cells that only ever gain values, and listeners that hear of each value once.
 * Every rule of the analysis is a listener, so that the order of work does not matter and cycles end.
 */

import { NO_CONTEXT } from "./context.ts";
import { unknownValue, type Value, type ValueSet, withContext } from "./values.ts";

/** Why an access is dynamic when the analysis gave up. */
export const BUDGET_EXCEEDED = "analysis limit";

const UNKNOWN_IN_DEPENDENCY = unknownValue("a value of a dependency");

export interface Budget {
	/** Values of one cell. */
	valuesMax: number;
	/** Contexts of one value in one cell. */
	contextsMax: number;
	/** Whether it matters why a value is not known, and by which call it came. */
	keepsReason: (unknown: Value) => boolean;
	/** Steps of one run. */
	stepsMax: number;
}

export class Solver {
	/** Steps so far. */
	steps = 0;
	#budget: Budget = { valuesMax: 0, contextsMax: 0, stepsMax: 0, keepsReason: () => true };
	#queue: (() => void)[] = [];

	/** Adds a value to a cell; past the cell's limit it becomes unknown instead. */
	add(set: ValueSet, value: Value) {
		if (set.values.has(value.key)) return;
		const added = this.#widen(set, value);
		if (set.values.has(added.key)) return;
		set.values.set(added.key, added);
		for (const listener of set.listeners) this.enqueue(() => listener(added));
	}

	/** A value in too many contexts goes on without one, which is less exact but ends. */
	#widen(set: ValueSet, value: Value): Value {
		if (set.values.size >= this.#budget.valuesMax) return unknownValue(BUDGET_EXCEEDED);
		if (value.kind === "unknown" && value.prefix === undefined && !this.#budget.keepsReason(value))
			return UNKNOWN_IN_DEPENDENCY;
		const contexts = (set.contextCounts.get(value.shapeKey) ?? 0) + 1;
		set.contextCounts.set(value.shapeKey, contexts);
		if (contexts <= this.#budget.contextsMax || value.context.entries.length === 0) return value;
		return withContext(value, NO_CONTEXT);
	}

	/** Calls the listener with each value that the cell has or ever gets. */
	onValue(set: ValueSet, listener: (value: Value) => void) {
		set.listeners.push(listener);
		for (const value of set.values.values()) this.enqueue(() => listener(value));
	}

	/** Lets every value of one cell be one of another. */
	include(from: ValueSet, to: ValueSet) {
		if (from === to || from.includedIn.has(to)) return;
		from.includedIn.add(to);
		this.onValue(from, (value) => this.add(to, value));
	}

	enqueue(task: () => void) {
		this.#queue.push(task);
	}

	/** Works until nothing is left, within new limits. False where the limit of steps ended it before. */
	run(budget: Budget): boolean {
		this.#budget = budget;
		const stepsMax = this.steps + budget.stepsMax;
		while (this.#queue.length > 0) {
			const tasks = this.#queue;
			this.#queue = [];
			for (const [index, task] of tasks.entries()) {
				if (this.steps++ >= stepsMax) {
					this.#queue = tasks.slice(index).concat(this.#queue);
					return false;
				}
				task();
			}
		}
		return true;
	}

	/** Forgets the work that is left. */
	abandon() {
		this.#queue = [];
	}
}
