/**
 * Finished requests that a gateway reports to the control plane, many together. Each request costs the gateway's thread
 * as little as possible, so what many of them have in common is written once, and the rest is in rows without names.
 */
import type { Protocol } from "../gateway/http-server/client-exchange.ts";

/** The function that requests were for: app, name, lifetime, and the instance that got them. */
export type ReportedTarget = readonly [
	app: string,
	name: string | null,
	firstDeployment: string | null,
	/** The instance whose secrets are redacted in the paths. */
	instance: string | null,
];

/** Responses that the metrics count: the milliseconds that they took, and how many took as long. */
export type ReportedAnswers = readonly [
	target: number,
	status: number,
	durations: readonly (readonly [ms: number, count: number])[],
];

/** A request for the request log. The path is as the client sent it. */
export type ReportedRequest = readonly [
	target: number,
	method: string,
	path: string,
	status: number,
	ms: number,
	bytes: number,
	id: string,
	reason: string | null,
	/** Milliseconds since 1970. */
	atMs: number,
	/** Undefined in reports of a gateway of an earlier version, which an upgrade of the control plane leaves running. */
	protocol?: Protocol | undefined,
];

/** Requests as one text. */
export interface ReportedRows {
	/** The beginning of the report, in milliseconds since 1970. */
	readonly sinceMs: number;
	readonly text: string;
}

/** An invalid response of a function, and why it is invalid. */
export type ReportedFault = readonly [app: string, name: string, fault: string];

export interface Report {
	/** The other parts name these by their index. */
	readonly targets: readonly ReportedTarget[];
	readonly answers: readonly ReportedAnswers[];
	/** The requests that fit into no row. A gateway of an earlier version reports all requests here. */
	readonly requests: readonly ReportedRequest[];
	/** The other requests (`request-rows.ts`). Undefined in reports of a gateway of an earlier version. */
	readonly rows?: ReportedRows | undefined;
	readonly faults: readonly ReportedFault[];
	/** The requests that were not logged, because there were too many. */
	readonly unlogged: readonly (readonly [target: number, count: number])[];
}
