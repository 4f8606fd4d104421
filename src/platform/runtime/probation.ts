/**
 * The time from the start of a process to the beginning of its first response. If the process reads a secret in this
 * time that it was not given, it is replaced by one with the secret, and the requests that can be repeated go there.
 */
export class Probation {
	readonly #settleReads: () => void;
	readonly #listeners = new Set<() => void>();

	/** @param settleReads reports every variable that the process has read until now */
	constructor(settleReads: () => void) {
		this.#settleReads = settleReads;
	}

	/**
	 * Reports every variable that the process has read until now. A response comes by another way than the reads. So this
	 * is called before a response is used: then the reads that came before it are known.
	 */
	settleReads(): void {
		this.#settleReads();
	}

	/**
	 * Adds a request that can be repeated.
	 * @param listener called once, if the process is going to be replaced because it lacks a secret
	 * @returns a function that removes the listener
	 */
	onSuperseded(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Hands the requests that can be repeated back: another process is going to answer them. */
	supersede(): void {
		const listeners = [...this.#listeners];
		this.#listeners.clear();
		for (const listener of listeners) listener();
	}
}
