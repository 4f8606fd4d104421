/**
 * The work-list: cells that only ever gain values, and listeners that hear of each value once.
 * Every rule of the analysis is a listener, so that the order of work does not matter and cycles end.
 */
import { type Cell, unknown, type Value } from "./values.ts";

/** Why an access is dynamic when the analysis gave up. */
export const LIMIT = "analysis limit";

export interface Limits {
	/** Values of one cell. */
	valuesMax: number;
	/** Steps of one analysis. */
	stepsMax: number;
}

export class Solver {
	steps = 0;
	readonly #limits: Limits;
	#queue: (() => void)[] = [];

	constructor(limits: Limits) {
		this.#limits = limits;
	}

	/** Adds a value to a cell; past the cell's limit it becomes unknown instead. */
	add(cell: Cell, value: Value) {
		if (cell.values.has(value.key)) return;
		const full = cell.values.size >= this.#limits.valuesMax;
		const added = full ? unknown(LIMIT) : value;
		if (full && cell.values.has(added.key)) return;
		cell.values.set(added.key, added);
		for (const listener of cell.listeners) this.later(() => listener(added));
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

	/** Works until nothing is left. False where the limit of steps ended it before. */
	run(extraSteps = 0): boolean {
		const stepsMax = this.steps + extraSteps + this.#limits.stepsMax;
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
