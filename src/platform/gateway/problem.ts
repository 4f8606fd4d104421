/**
 * The gateway's own answers: RFC 9457 problem details. They say which kind of failure it was and nothing
 * about its cause, since whoever calls a function need not be its author.
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { AppError } from "../../errors.ts";

export interface Problem {
	status: number;
	/** Stable; programs match on it. */
	code: string;
	title: string;
	detail: string;
	/** The name of the function that it is about. */
	function?: string;
	/** What was wrong with the function's answer. For the function's log alone. */
	fault?: string;
}

export const PROBLEMS = {
	malformed: {
		status: 400,
		code: "REQUEST_MALFORMED",
		title: "Malformed request",
		detail: "The request's target, version, Host or Transfer-Encoding is not one that the gateway passes on.",
	},
	unknown: {
		status: 404,
		code: "FUNCTION_NOT_FOUND",
		title: "No such function",
		detail: "No app with this function is deployed here.",
	},
	tooLarge: {
		status: 413,
		code: "BODY_TOO_LARGE",
		title: "Body too large",
		detail: "The request's body is larger than the gateway passes on.",
	},
	upgradeBehind: {
		status: 400,
		code: "UPGRADE_PIPELINED",
		title: "Upgrade behind another request",
		detail: "A connection can be upgraded once every request before it is answered.",
	},
	upgrade: {
		status: 501,
		code: "UPGRADE_NOT_SUPPORTED",
		title: "Upgrade not supported",
		detail: "Connections can be upgraded to WebSocket only.",
	},
	broken: {
		status: 502,
		code: "FUNCTION_BROKE_CONNECTION",
		title: "The function broke the connection",
		detail: "The function ended or reset the connection before it had answered.",
	},
	invalid: {
		status: 502,
		code: "FUNCTION_ANSWER_INVALID",
		title: "The function's answer is not one",
		detail: "The function sent something that is no HTTP answer, or none to this request; its log says what.",
	},
	internal: {
		status: 500,
		code: "INTERNAL_ERROR",
		title: "Internal error",
		detail: "The platform failed in a way that it did not foresee.",
	},
	busy: {
		status: 503,
		code: "FUNCTION_BUSY",
		title: "The function has too much to do",
		detail: "As many requests as the platform holds for one function at once are under way or waiting.",
	},
	exhausted: {
		status: 503,
		code: "PLATFORM_BUSY",
		title: "The platform has too much to do",
		detail: "The platform has as many connections to functions as it may have.",
	},
	notRunning: {
		status: 503,
		code: "FUNCTION_NOT_RUNNING",
		title: "The function is not running",
		detail: "The function has no running version at the moment; its logs say why.",
	},
	notStarted: {
		status: 503,
		code: "FUNCTION_START_FAILED",
		title: "The function did not start",
		detail: "The function was to be started for this request and failed; its logs say why.",
	},
	full: {
		status: 503,
		code: "PLATFORM_FULL",
		title: "No room for the function",
		detail:
			"All the functions that the platform runs at once are busy, so that this one could not be started.",
	},
	timeout: {
		status: 504,
		code: "FUNCTION_TIMEOUT",
		title: "The function did not answer in time",
		detail: "The function accepted the request and sent no response within the time that the gateway waits.",
	},
} as const satisfies Record<string, Problem>;

/** How long what a client still sends is read and thrown away. */
const LINGER_MS = 500;

/** What one function's requests may take. */
export interface Bounds {
	readonly timeoutMs: number;
	readonly bodyBytes: number;
}

/** An answer that is none. @param fault what is wrong with it */
export function invalidAnswer(fault: string): Problem {
	return { ...PROBLEMS.invalid, fault };
}

/** Why a function was not there for a request: no room for it, or it did not start. */
export function startProblem(error: unknown): Problem {
	return error instanceof AppError && error.code === "PLATFORM_FULL" ? PROBLEMS.full : PROBLEMS.notStarted;
}

/** A problem of one function, with the bound that was passed where there is one. */
export function problemOf(problem: Problem, name: string, bounds: Bounds): Problem {
	const bound =
		problem === PROBLEMS.timeout
			? ` It has ${bounds.timeoutMs / 1000} s for that.`
			: problem === PROBLEMS.tooLarge
				? ` ${bounds.bodyBytes / 1024 / 1024} MiB is the most.`
				: "";
	return { ...problem, detail: problem.detail + bound, function: name };
}

/** Whether a request announces a body. */
export function hasBody(request: IncomingMessage): boolean {
	const { headers } = request;
	return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** Answers with a problem; the connection closes where a body would have to be read, or believed, to use it again. */
export function sendProblem(
	request: IncomingMessage,
	response: ServerResponse,
	problem: Problem,
	requestId: string,
): void {
	if (response.headersSent || response.destroyed) {
		response.destroy();
		return;
	}
	const { status, code, title, detail, function: name } = problem;
	const body = JSON.stringify({
		type: "about:blank",
		title,
		status,
		detail,
		code,
		function: name,
		requestId,
	});
	const isMalformed = problem === PROBLEMS.malformed;
	const isUnread = hasBody(request) && !request.complete;
	const headers: Record<string, string | number> = {
		"content-type": "application/problem+json",
		"content-length": Buffer.byteLength(body),
		"cache-control": "no-store",
		"x-request-id": requestId,
	};
	if (status === 503) headers["retry-after"] = 1;
	if (isMalformed || isUnread) headers.connection = "close";
	// Named, since an attempt to answer otherwise may have left its own reason behind.
	response.writeHead(status, STATUS_CODES[status], headers);
	if (request.method !== "HEAD") response.write(body);
	if (isUnread && !isMalformed) linger(request, response);
	else response.end();
}

/** Ends an answer, and the connection with it, once the client had time to read it. */
function linger(request: IncomingMessage, response: ServerResponse): void {
	// A connection that is closed while the client still sends is reset, and takes the answer with it.
	const end = response.end.bind(response) as () => void;
	const timer = setTimeout(end, LINGER_MS).unref();
	response.once("close", clearTimeout.bind(undefined, timer));
	request.once("end", end).resume();
}
