/**
 * Functions that vanish from a project while it is watched. An editor, git or a rename may take files away for a moment;
 * and what a function keeps on the platform goes with it. So it counts as deleted only after a while.
 */

/** How long a function has to be gone. */
const GONE_MS = 2_000;

export class GoneFunctions {
	/** Functions that the project had since the watch began. */
	readonly #seen = new Set<string>();
	/** Since when those are gone that are. */
	readonly #goneMs = new Map<string, number>();

	/**
	 * Takes in which functions the project has.
	 * @param nowMs milliseconds of a clock that never goes back
	 * @returns those that count as deleted, and in how many milliseconds the next one may; undefined where none is gone
	 */
	look(names: readonly string[], nowMs: number): { deleted: string[]; againMs: number | undefined } {
		const present = new Set(names);
		for (const name of names) this.#seen.add(name);
		for (const name of this.#seen) {
			if (present.has(name)) this.#goneMs.delete(name);
			else if (!this.#goneMs.has(name)) this.#goneMs.set(name, nowMs);
		}
		const deleted = [...this.#goneMs].filter(([, sinceMs]) => nowMs - sinceMs >= GONE_MS);
		const waiting = [...this.#goneMs].filter(([, sinceMs]) => nowMs - sinceMs < GONE_MS);
		const soonest = Math.min(...waiting.map(([, sinceMs]) => sinceMs + GONE_MS - nowMs));
		return {
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
