/** What Deno keeps for a function, for all of its processes: when it may be removed. */
export class Kept {
	#processes = 0;
	/** Settles once it is removed; undefined where it is not to be. */
	#removed: Promise<void> | undefined;
	#remove = () => {};

	/** Counts a process in. Where something discarded what there is, it resolves once that is removed. */
	async enter(): Promise<void> {
		await this.#removed;
		this.#processes++;
	}

	/** Has it removed once no process is left. Whoever calls this ends them all. */
	discard(): void {
		this.#removed ??= new Promise((resolve) => {
			this.#remove = resolve;
		});
	}

	/** Counts a process out. @param remove called where that was the last one, and something was discarded */
	async leave(remove: () => Promise<void>): Promise<void> {
		this.#processes--;
		if (this.#removed === undefined || this.#processes > 0) return;
		try {
			await remove();
		} finally {
			this.#removed = undefined;
			this.#remove();
		}
	}
}
