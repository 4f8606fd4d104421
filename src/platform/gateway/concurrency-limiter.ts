/**
 * Limits how many requests each function has at once. Without the limit, a function that never responds could use
 * up the connections of all others.
 */
import type { Route } from "./routing.ts";

export class ConcurrencyLimiter {
	readonly #max: number;
	readonly #counts = new Map<string, number>();

	/** @param max the most requests plus upgraded connections of one function */
	constructor(max: number) {
		this.#max = max;
	}

	/**
	 * Counts a request in.
	 * @returns a function that counts it out, whose first call counts; undefined if the function has too many requests
	 */
	acquire({ app, function: name }: Pick<Route, "app" | "function">): (() => void) | undefined {
		const key = `${app}/${name}`;
		const count = this.#counts.get(key) ?? 0;
		if (count >= this.#max) return undefined;
		this.#counts.set(key, count + 1);
		let isCounted = true;
		return () => {
			if (!isCounted) return;
			isCounted = false;
			const remaining = (this.#counts.get(key) ?? 1) - 1;
			if (remaining > 0) this.#counts.set(key, remaining);
			else this.#counts.delete(key);
		};
	}
}
