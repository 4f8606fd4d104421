/** A value that others watch. */

export interface Watched<T> {
	readonly value: T;
	/** @returns ends the subscription */
	subscribe(listener: () => void): () => void;
}

/** Holds a value and tells its listeners when another one is set. */
export class Store<T> implements Watched<T> {
	#value: T;
	readonly #listeners = new Set<() => void>();

	constructor(value: T) {
		this.#value = value;
	}

	get value(): T {
		return this.#value;
	}

	set(value: T): void {
		if (Object.is(value, this.#value)) return;
		this.#value = value;
		for (const listener of [...this.#listeners]) listener();
	}

	update(change: (value: T) => T): void {
		this.set(change(this.#value));
	}

	/** Whether it has a listener. */
	get isWatched(): boolean {
		return this.#listeners.size > 0;
	}

	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}
}
