/**
 * The time from the start of a process to the beginning of its first response. If the process reads a secret that it
 * did not get in this time, it is replaced by a process with the secret, which gets the requests that can be repeated.
 */
export class Probation {
	readonly #settleReads: () => void | Promise<void>;
	readonly #listeners = new Set<() => void>();

	/**
	 * @param settleReads reports every variable that the process has read until now. Returns a promise if another process
	 *   does so
	 */
	constructor(settleReads: () => void | Promise<void>) {
		this.#settleReads = settleReads;
	}

	/**
	 * Reports every variable that the process has read until now. Responses and reads arrive on different channels. So
	 * call this before a response is used: then all reads before the response are reported.
	 * @returns a promise only if another process reports them. It resolves when that is done, and never rejects
	 */
	settleReads(): void | Promise<void> {
		return this.#settleReads();
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

	/** Notifies the listeners: another process is going to answer the requests that can be repeated. */
	supersede(): void {
		const listeners = [...this.#listeners];
		this.#listeners.clear();
		for (const listener of listeners) listener();
	}
}
