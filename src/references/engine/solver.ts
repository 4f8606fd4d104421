/**
 * The work-list: cells that only ever gain values, and listeners that hear of each value once.
 * Every rule of the analysis is a listener, so that the order of work does not matter and cycles end.
 */

import { NO_CONTEXT } from "./context.ts";
import { type Cell, place, unknown, type Value } from "./values.ts";

/** Why an access is dynamic when the analysis gave up. */
export const LIMIT = "analysis limit";

const UNKNOWN = unknown("a value of a dependency");

export interface Limits {
	/** Values of one cell. */
	valuesMax: number;
	/** Contexts of one value in one cell. */
	contextsMax: number;
	/** Whether it matters why a value is not known, and by which call it came. */
	matters: (unknown: Value) => boolean;
	/** Steps of one run. */
	stepsMax: number;
}

export class Solver {
	/** Steps so far. */
	steps = 0;
	#limits: Limits = { valuesMax: 0, contextsMax: 0, stepsMax: 0, matters: () => true };
	#queue: (() => void)[] = [];

	/** Adds a value to a cell; past the cell's limit it becomes unknown instead. */
	add(cell: Cell, value: Value) {
		if (cell.values.has(value.key)) return;
		const added = this.#bounded(cell, value);
		if (cell.values.has(added.key)) return;
		cell.values.set(added.key, added);
		for (const listener of cell.listeners) this.later(() => listener(added));
	}

	/** A value in too many contexts goes on without one, which is less exact but ends. */
	#bounded(cell: Cell, value: Value): Value {
		if (cell.values.size >= this.#limits.valuesMax) return unknown(LIMIT);
		if (value.kind === "unknown" && value.start === undefined && !this.#limits.matters(value)) return UNKNOWN;
		const contexts = (cell.contexts.get(value.base) ?? 0) + 1;
		cell.contexts.set(value.base, contexts);
		if (contexts <= this.#limits.contextsMax || value.context.entries.length === 0) return value;
		return place(value, NO_CONTEXT);
	}

	/** Calls the listener with each value that the cell has or ever gets. */
	each(cell: Cell, listener: (value: Value) => void) {
		cell.listeners.push(listener);
		for (const value of cell.values.values()) this.later(() => listener(value));
	}

	/** Lets every value of one cell be one of another. */
	feed(from: Cell, to: Cell) {
		if (from === to || from.feeds.has(to)) return;
		from.feeds.add(to);
		this.each(from, (value) => this.add(to, value));
	}

	later(task: () => void) {
		this.#queue.push(task);
	}

	/** Works until nothing is left, within new limits. False where the limit of steps ended it before. */
	run(limits: Limits): boolean {
		this.#limits = limits;
		const stepsMax = this.steps + limits.stepsMax;
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
