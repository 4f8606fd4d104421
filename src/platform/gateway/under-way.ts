/** How much each function has to do: a function that answers nothing must not use up what others need. */
import type { Route } from "./routing.ts";

export class UnderWay {
	readonly #max: number;
	readonly #counts = new Map<string, number>();

	/** @param max requests and upgraded connections of one function */
	constructor(max: number) {
		this.#max = max;
	}

	/** Counts a request in. @returns counts it out again, to be called once; undefined where the function has too many */
	enter({ app, function: name }: Pick<Route, "app" | "function">): (() => void) | undefined {
		const key = `${app}/${name}`;
		const count = this.#counts.get(key) ?? 0;
		if (count >= this.#max) return undefined;
		this.#counts.set(key, count + 1);
		return () => {
			const left = (this.#counts.get(key) ?? 1) - 1;
			if (left > 0) this.#counts.set(key, left);
			else this.#counts.delete(key);
		};
	}
}
