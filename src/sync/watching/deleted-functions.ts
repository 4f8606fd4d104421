/**
 * Detects functions that were deleted from a watched project. An editor, git or a rename may remove files for a
 * moment, and deleting a function from the platform also deletes the data that it keeps there. Therefore a
 * function counts as deleted only after a delay.
 */

/** The time for which a function must be missing, in milliseconds. */
const GONE_MS = 2_000;

export interface MissingFunctions {
	readonly deleted: readonly string[];
	readonly missed: readonly string[];
	readonly againMs: number | undefined;
}

export class DeletedFunctions {
	/** Functions that the project had since the watch began. */
	readonly #seen = new Set<string>();
	/** When each missing function was first missed. */
	readonly #goneMs = new Map<string, number>();

	/**
	 * Compares the project's current functions with those seen before.
	 * @param nowMs milliseconds of a monotonic clock
	 * @param isHeld whether git is changing the files now. Then the delay of missing functions begins again
	 * @returns the functions that count as deleted, those that are missed for the first time, and milliseconds
	 *   until the next one may count as deleted; undefined if none is missing
	 */
	look(names: readonly string[], nowMs: number, isHeld = false): MissingFunctions {
		const present = new Set(names);
		const known = new Set(this.#goneMs.keys());
		if (isHeld) for (const name of known) this.#goneMs.set(name, nowMs);
		for (const name of names) this.#seen.add(name);
		for (const name of this.#seen) {
			if (present.has(name)) this.#goneMs.delete(name);
			else if (!this.#goneMs.has(name)) this.#goneMs.set(name, nowMs);
		}
		const deleted = [...this.#goneMs].filter(([, sinceMs]) => nowMs - sinceMs >= GONE_MS);
		const waiting = [...this.#goneMs].filter(([, sinceMs]) => nowMs - sinceMs < GONE_MS);
		const soonest = Math.min(...waiting.map(([, sinceMs]) => sinceMs + GONE_MS - nowMs));
		return {
			missed: [...this.#goneMs.keys()].filter((name) => !known.has(name)).sort(),
			deleted: deleted.map(([name]) => name).sort(),
			againMs: waiting.length === 0 ? undefined : soonest,
		};
	}

	/** Forgets functions that were deleted from the platform. */
	forget(names: readonly string[]): void {
		for (const name of names) {
			this.#seen.delete(name);
			this.#goneMs.delete(name);
		}
	}
}
