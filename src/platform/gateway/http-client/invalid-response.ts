/** A response that is not valid HTTP/1.1, or not a valid response to the request. */
export class InvalidResponse extends Error {
	override name = "InvalidResponse";
	/** The fault: the end of a sentence, which quotes no part of the response. */
	readonly fault: string;

	constructor(fault: string) {
		super(`The response is invalid: ${fault}.`);
		this.fault = fault;
	}
}
