/** The error for a wait that a signal ended. Imports nothing. */

export interface InterruptedOptions {
	/** One or two sentences that say what was done and what was not. */
	readonly message: string;
	/** The command that shows the result, or that finishes the work. */
	readonly hint: string;
	/** The exit status: 130 for Ctrl-C. */
	readonly status: number;
	/** The command's result until now. */
	readonly data?: unknown;
}

/** Thrown if the user ended a wait. The work may still be complete; the message says what is done. */
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
