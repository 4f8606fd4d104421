/** Collects what a watch reports, until a reader takes it. */
import type { Pair } from "../transactions.ts";

/** The keys that changed, with their new pairs. Undefined: the key was deleted. */
export type ChangedKeys = ReadonlyMap<string, Pair | undefined>;

/** A later event about the same key replaces an earlier one. */
export class PendingChanges {
	#changed = new Map<string, Pair | undefined>();
	#isIncomplete = true;
	#isEnded = false;
	#fault: { readonly error: unknown } | undefined;
	#wake = () => {};

	/** Anything may have changed. */
	all(): void {
		this.#isIncomplete = true;
		this.#wake();
	}

	changed(name: string, pair: Pair | undefined): void {
		this.#changed.set(name, pair);
		this.#wake();
	}

	failed(error: unknown): void {
		this.#fault = { error };
		this.#wake();
	}

	end(): void {
		this.#isEnded = true;
		this.#wake();
	}

	/**
	 * Waits for changes and takes them.
	 * @returns `"all"`: anything may have changed. Undefined: there are no more.
	 * @throws the error of the watch
	 */
	async take(): Promise<ChangedKeys | "all" | undefined> {
		for (;;) {
			if (this.#isEnded) return undefined;
			if (this.#fault !== undefined) throw this.#fault.error;
			const isIncomplete = this.#isIncomplete;
			const changed = this.#changed;
			if (isIncomplete || changed.size > 0) {
				this.#isIncomplete = false;
				this.#changed = new Map();
				return isIncomplete ? "all" : changed;
			}
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}
}
