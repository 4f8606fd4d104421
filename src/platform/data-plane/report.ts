/** Finished requests that a gateway reports to the control plane, many together. */

/** A response that the metrics count: app, function, lifetime of the function, status, milliseconds. */
export type ReportedAnswer = readonly [
	app: string,
	name: string,
	firstDeployment: string | undefined,
	status: number,
	ms: number,
];

/**
 * A request for the request log. `instance` is the one that got it, whose secrets are redacted in the path. The path is
 * as the client sent it.
 */
export interface ReportedRequest {
	readonly app: string;
	readonly function: string | undefined;
	readonly firstDeployment: string | undefined;
	readonly instance: string | undefined;
	readonly method: string;
	readonly path: string;
	readonly status: number;
	readonly ms: number;
	readonly bytes: number;
	readonly id: string;
	readonly reason: string | null;
	/** Milliseconds since 1970. */
	readonly atMs: number;
}

/** An invalid response of a function, and why it is invalid. */
export type ReportedFault = readonly [app: string, name: string, fault: string];

export interface Report {
	readonly answers: readonly ReportedAnswer[];
	readonly requests: readonly ReportedRequest[];
	readonly faults: readonly ReportedFault[];
	/** The requests that are left out, because there were too many. */
	readonly dropped: number;
}
