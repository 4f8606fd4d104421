/** What is told of a request once its answer is over. */

/** What a request was for: a function, or a name that none of the app's has. */
export interface RequestedOf {
	readonly app: string;
	/** Undefined where there is no such function. */
	readonly function: string | undefined;
	/** Which function of that name it is. */
	readonly began?: string | undefined;
}

export interface AnsweredRequest {
	readonly method: string;
	/** Without the query, the values of secrets taken out; what no function got is cut where its name ends. */
	readonly path: string;
	readonly status: number;
	readonly ms: number;
	/** Of the answer's body. */
	readonly bytes: number;
	/** The request's id. */
	readonly id: string;
	/** A problem's code, `CLIENT_GONE` or `FUNCTION_CRASHED`; null for a whole answer of the function's. */
	readonly reason: string | null;
}
