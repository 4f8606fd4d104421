/** The data that the gateway reports about a request once its response is complete. */
import type { Protocol } from "./http-server/client-exchange.ts";

/** The function that a request was for, or only the app if the app has no function of that name. */
export interface RequestedFunction {
	readonly app: string;
	/** Undefined if there is no such function. */
	readonly function: string | undefined;
	/** The lifetime of the function: it distinguishes a deleted function from a later one of the same name. */
	readonly firstDeployment?: string | undefined;
}

export interface AnsweredRequest {
	readonly method: string;
	/** The version of HTTP that the client used. Undefined if a gateway of an earlier version reports the request. */
	readonly protocol?: Protocol | undefined;
	/** Without the query and with the values of secrets redacted. If no function got the request, the path is cut. */
	readonly path: string;
	readonly status: number;
	readonly ms: number;
	/** The size of the response body. */
	readonly bytes: number;
	/** The request id. */
	readonly id: string;
	/** When the response ended, in milliseconds since 1970. Undefined: just now. */
	readonly atMs?: number;
	/** A problem's code, `CLIENT_GONE` or `FUNCTION_CRASHED`; null if the function's response is complete. */
	readonly reason: string | null;
}
