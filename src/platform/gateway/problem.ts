/**
 * The gateway's own responses: problem details (RFC 9457). They name the kind of failure and not its cause, because
 * the caller of a function need not be its author.
 */
import { AppError } from "../../errors.ts";
import type { ClientExchange } from "./http-server/client-exchange.ts";
import { reasonOf } from "./http-server/response-head.ts";

export interface Problem {
	status: number;
	/** Stable; programs match on it. */
	code: string;
	title: string;
	detail: string;
	/** The name of the function that the problem is about. */
	function?: string;
	/**
	 * The reason why the function's response is invalid. It is written to the function's log and never sent to the client.
	 */
	fault?: string;
}

export const PROBLEMS = {
	malformed: {
		status: 400,
		code: "REQUEST_MALFORMED",
		title: "Malformed request",
		detail: "The gateway does not accept the request's target, version, Host or Transfer-Encoding.",
	},
	unknown: {
		status: 404,
		code: "FUNCTION_NOT_FOUND",
		title: "No such function",
		detail: "No app on this platform has this function.",
	},
	tooLarge: {
		status: 413,
		code: "BODY_TOO_LARGE",
		title: "Body too large",
		detail: "The request body is larger than the limit.",
	},
	upgradeBehind: {
		status: 400,
		code: "UPGRADE_PIPELINED",
		title: "Upgrade after an unfinished request",
		detail: "A connection can be upgraded only after every earlier request on it has its response.",
	},
	upgrade: {
		status: 501,
		code: "UPGRADE_NOT_SUPPORTED",
		title: "Upgrade not supported",
		detail: "The gateway supports upgrades to WebSocket only.",
	},
	broken: {
		status: 502,
		code: "FUNCTION_BROKE_CONNECTION",
		title: "The function broke the connection",
		detail: "The function closed or reset the connection before it sent a complete response.",
	},
	invalid: {
		status: 502,
		code: "FUNCTION_ANSWER_INVALID",
		title: "The function's response is invalid",
		detail: "The function sent bytes that are not a valid HTTP response to this request. Its log says why.",
	},
	internal: {
		status: 500,
		code: "INTERNAL_ERROR",
		title: "Internal error",
		detail: "The platform failed unexpectedly.",
	},
	busy: {
		status: 503,
		code: "FUNCTION_BUSY",
		title: "The function is overloaded",
		detail: "The function already has as many requests in flight or waiting as the platform allows.",
	},
	exhausted: {
		status: 503,
		code: "PLATFORM_BUSY",
		title: "The platform is overloaded",
		detail: "The platform has no connection left for a request to a function.",
	},
	notRunning: {
		status: 503,
		code: "FUNCTION_NOT_RUNNING",
		title: "The function is not running",
		detail: "The function has no running version at the moment. Its logs say why.",
	},
	notStarted: {
		status: 503,
		code: "FUNCTION_START_FAILED",
		title: "The function did not start",
		detail:
			"The platform tried to start the function for this request, and the start failed. Its logs say why.",
	},
	cutOff: {
		status: 503,
		code: "NODE_CUT_OFF",
		title: "The node cannot start the function",
		detail: "This node of the platform does not reach its store. Another node may serve the request.",
	},
	full: {
		status: 503,
		code: "PLATFORM_FULL",
		title: "No capacity for the function",
		detail: "The platform runs as many functions as it may at once, and all of them are busy.",
	},
	timeout: {
		status: 504,
		code: "FUNCTION_TIMEOUT",
		title: "The function did not answer in time",
		detail: "The function accepted the request and sent no response within the time limit.",
	},
} as const satisfies Record<string, Problem>;

/** The limits of one function's requests. */
export interface RequestLimits {
	readonly timeoutMs: number;
	readonly bodyBytes: number;
}

/** The problem for an invalid response. @param fault why it is invalid */
export function invalidAnswer(fault: string): Problem {
	return { ...PROBLEMS.invalid, fault };
}

/** The problem for an error of a start: no capacity, no store, or a failed start. */
export function startProblem(error: unknown): Problem {
	const code = error instanceof AppError ? error.code : undefined;
	if (code === "NODE_CUT_OFF" || code === "STORE_UNREACHABLE") return PROBLEMS.cutOff;
	return code === "PLATFORM_FULL" ? PROBLEMS.full : PROBLEMS.notStarted;
}

/** The problem of a function without a running version. @param why why its last version failed: the caller may know it */
export function notRunning(name: string, why: string): Problem {
	return { ...PROBLEMS.notRunning, detail: `The function has no running version. ${why}`, function: name };
}

/** A problem with the function's name, and with the limit that was exceeded if there is one. */
export function problemOf(problem: Problem, name: string, limits: RequestLimits): Problem {
	const limit =
		problem === PROBLEMS.timeout
			? ` The limit is ${limits.timeoutMs / 1000} s.`
			: problem === PROBLEMS.tooLarge
				? ` The limit is ${limits.bodyBytes / 1024 / 1024} MiB.`
				: "";
	return { ...problem, detail: problem.detail + limit, function: name };
}

/** Methods that have the same effect if a request arrives twice (RFC 9110, section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set([
	...["GET", "HEAD", "OPTIONS", "TRACE"],
	...["PUT", "DELETE"],
]);

/** Whether a request can be sent to a function again although the function may have worked on it. */
export function isRepeatable({ hasBody, method }: Pick<ClientExchange, "hasBody" | "method">): boolean {
	return IDEMPOTENT.has(method) && !hasBody;
}

/**
 * Sends a problem as the response. The connection closes afterwards if it could be reused only by reading the rest of a
 * body or by trusting the length of a malformed request. If a response has already begun, its connection is closed.
 */
export function sendProblem(exchange: ClientExchange, problem: Problem, requestId: string): void {
	if (exchange.isBegun || exchange.isOver) {
		exchange.cancel();
		return;
	}
	const { status, code, title, detail, function: name } = problem;
	const content = { type: "about:blank", title, status, detail, code, function: name, requestId };
	const body = Buffer.from(JSON.stringify(content));
	const headers = [
		...["content-type", "application/problem+json", "content-length", String(body.length)],
		...["cache-control", "no-store", "x-request-id", requestId],
	];
	if (status === 503) headers.push("retry-after", "1");
	if (exchange.isMalformed || !exchange.isReceived) exchange.closeAfterwards();
	exchange.begin({ status, reason: reasonOf(status), headers, length: body.length });
	exchange.end(body);
}
