/** The variables that a process has read, and whether the control plane knows of those that matter. */

export class ProcessReads {
	/** Every variable that the process has read. */
	readonly names = new Set<string>();
	readonly #given: ReadonlySet<string>;
	#missed = 0;
	#handled = 0;

	/** @param given the variables in the process's environment */
	constructor(given: Iterable<string>) {
		this.#given = new Set(given);
	}

	/** Notes that the process has read a variable, once for each variable. */
	note(variable: string): void {
		this.names.add(variable);
		if (!this.#given.has(variable)) this.#missed++;
	}

	/** How many variables the process has read and did not have. */
	get missed(): number {
		return this.#missed;
	}

	/**
	 * Whether the control plane has handled each read of a variable that the process did not have. Only such a read can
	 * make it replace the process.
	 */
	get areHandled(): boolean {
		return this.#handled >= this.#missed;
	}

	/** The control plane has handled the first of them. @param missed their number, as `missed` was before it was asked */
	handled(missed: number): void {
		this.#handled = Math.max(this.#handled, missed);
	}

	/** There is another control plane, which has handled none of them. */
	forgetHandled(): void {
		this.#handled = 0;
	}
}
