/** A request that is not valid HTTP/1.1, or that exceeds a bound. */
export class BadRequest extends Error {
	override name = "BadRequest";
	/** The status of the answer. */
	readonly status: 400 | 408 | 413 | 431;

	constructor(status: BadRequest["status"]) {
		super(`The request is refused with status ${status}.`);
		this.status = status;
	}
}
