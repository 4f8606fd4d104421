/** An error that the code of the function gets, as an exception of the operation that failed. */
export class KvError extends Error {
	/** Whether the function gets a `TypeError`, as it does from Deno, and not an `Error`. */
	readonly isTypeError: boolean;

	constructor(message: string, isTypeError = true) {
		super(message);
		this.isTypeError = isTypeError;
	}
}
