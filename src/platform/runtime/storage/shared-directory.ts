/**
 * Counts the processes that share the directory in which Deno stores a function's data, and decides when the
 * directory may be emptied.
 */
export class SharedDirectory {
	#processes = 0;
	/** Settles when the directory has been emptied; undefined if it is not to be emptied. */
	#removed: Promise<void> | undefined;
	#remove = () => {};

	/** Counts a process in. If the directory is to be emptied, resolves after that. */
	async acquire(): Promise<void> {
		await this.#removed;
		this.#processes++;
	}

	/** Has the directory emptied when no process uses it any more. The caller ends all of them. */
	clearWhenUnused(): void {
		this.#removed ??= new Promise((resolve) => {
			this.#remove = resolve;
		});
	}

	/** Counts a process out. @param remove called after the last process if the directory is to be emptied */
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
