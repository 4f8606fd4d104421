/**
 * Counts the processes that share the directory in which Deno stores a function's data, and decides when the
 * directory may be emptied.
 */
export class SharedDirectory {
	#processes = 0;
	/** Settles when the directory has been emptied; undefined if no removal is requested. */
	#removed: Promise<void> | undefined;
	#remove = () => {};

	/** Counts a process in. If a removal is requested, resolves after it. */
	async acquire(): Promise<void> {
		await this.#removed;
		this.#processes++;
	}

	/** Requests that the directory is emptied when no process uses it any more. The caller ends the processes. */
	clearWhenUnused(): void {
		this.#removed ??= new Promise((resolve) => {
			this.#remove = resolve;
		});
	}

	/** Counts a process out. @param remove called after the last process if a removal is requested */
	async release(remove: () => Promise<void>): Promise<void> {
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
