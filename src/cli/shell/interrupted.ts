/** The end of a wait by a signal. A leaf of the command line: imports nothing. */

export interface InterruptedOptions {
	/** What is done and what is not, as one sentence or two. */
	readonly message: string;
	/** How to see, or do, the rest. */
	readonly hint: string;
	/** The exit status: 130 for Ctrl-C. */
	readonly status: number;
	/** The command's result so far. */
	readonly data?: unknown;
}

/** The user ended a wait. It is no failure: what was asked for may be done, and its message says what is. */
export class Interrupted extends Error {
	readonly hint: string;
	readonly status: number;
	readonly data: unknown;

	constructor({ message, hint, status, data }: InterruptedOptions) {
		super(message);
		this.name = "Interrupted";
		this.hint = hint;
		this.status = status;
		this.data = data;
	}

	/** The shape that `--json` prints on stderr. */
	toJSON(): { code: string; message: string; hint: string; exit: number } {
		return { code: "INTERRUPTED", message: this.message, hint: this.hint, exit: this.status };
	}
}
