/**
 * Errors in messages: problem documents (RFC 9457) with all parts of an AppError that a client may see. The command line
 * prints the same error whether the client or the platform found it. Pure.
 *
 * The HTTP status follows from the exit status, except for the codes in `STATUS_OF_CODE`:
 *
 * | exit | status | why |
 * |---|---|---|
 * | 1 failure | 500 | the platform failed |
 * | 2 usage | 400 | the request is wrong |
 * | 3 not authorised | 403 | the sender may not do this; 401 if a valid token is missing |
 * | 4 not found | 404 | |
 * | 5 conflict | 409 | the request does not fit the current state |
 * | 6 network | 502 | another server, which the platform needs, does not answer |
 * | 7 integrity | 422 | a signature or hash is not valid |
 */
import * as z from "zod";
import { AppError, EXIT, type ExitStatus } from "../errors.ts";

export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** A problem document. It may have additional members. */
export interface Problem {
	/** `about:blank` if there is nothing to add to the status. */
	type: "about:blank" | `urn:coffer:problem:${string}`;
	/** The meaning of the status, in words. */
	title: string;
	status: number;
	/** The error's message. */
	detail: string;
	code: string;
	hint: string;
	exit: number;
	/** 1-based line in the file that `detail` names. */
	line?: number;
}

const STATUS_OF_EXIT: Readonly<Partial<Record<ExitStatus, number>>> = {
	[EXIT.usage]: 400,
	[EXIT.unauthorised]: 403,
	[EXIT.notFound]: 404,
	[EXIT.conflict]: 409,
	[EXIT.network]: 502,
	[EXIT.integrity]: 422,
};

/** Codes that have a more specific status than their exit status gives. */
const STATUS_OF_CODE: ReadonlyMap<string, number> = new Map([
	["TOKEN_MISSING", 401],
	["TOKEN_INVALID", 401],
	["CONSOLE_CODE_INVALID", 401],
	["CONSOLE_SESSION_ENDED", 401],
	["METHOD_NOT_ALLOWED", 405],
	["BODY_TOO_LARGE", 413],
	["MEDIA_TYPE_UNSUPPORTED", 415],
	["HOST_UNKNOWN", 421],
	["TOO_MANY_REQUESTS", 429],
	["TOKEN_RATE_EXCEEDED", 429],
	["NODE_CUT_OFF", 503],
	["NODE_NOT_READY", 503],
	["STORE_BUSY", 503],
	["STORE_UNREACHABLE", 503],
	["STORE_CLOSED", 503],
	["STORE_ALTERED", 503],
	["STORE_EMPTIED", 503],
	["STORE_EXCHANGED", 503],
	["STORE_ROLLED_BACK", 503],
	["STORE_FULL", 507],
]);

const TITLES: ReadonlyMap<number, string> = new Map([
	[400, "Bad Request"],
	[401, "Unauthorized"],
	[403, "Forbidden"],
	[404, "Not Found"],
	[405, "Method Not Allowed"],
	[409, "Conflict"],
	[413, "Content Too Large"],
	[415, "Unsupported Media Type"],
	[421, "Misdirected Request"],
	[422, "Unprocessable Content"],
	[429, "Too Many Requests"],
	[500, "Internal Server Error"],
	[502, "Bad Gateway"],
	[503, "Service Unavailable"],
	[507, "Insufficient Storage"],
]);

/** Makes the problem document of an error, and its HTTP status. The error's data and cause are not included. */
export function problemFromError(error: AppError): { status: number; body: Problem } {
	const { code, message, hint, exit, line } = error;
	const status = STATUS_OF_CODE.get(code) ?? STATUS_OF_EXIT[exit] ?? 500;
	const body: Problem = {
		type: `urn:coffer:problem:${code}`,
		title: TITLES.get(status) ?? "Error",
		status,
		detail: message,
		code,
		hint,
		exit,
	};
	return { status, body: line === undefined ? body : { ...body, line } };
}

const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;
/** Large, because the detail of a failed start includes the function's own error. */
const DETAIL_CHARACTERS_MAX = 64 * 1024;
const HINT_CHARACTERS_MAX = 2000;
const LINE_MAX = 1_000_000_000;

const problemSchema = z.object({
	code: z.string().regex(CODE),
	detail: z.string().min(1),
	hint: z.string(),
	exit: z.literal([
		EXIT.failure,
		EXIT.usage,
		EXIT.unauthorised,
		EXIT.notFound,
		EXIT.conflict,
		EXIT.network,
		EXIT.integrity,
	]),
	line: z.int().min(1).max(LINE_MAX).optional(),
});

/** Makes untrusted text safe to print: shortens it and replaces characters that control a terminal. */
function plain(text: string, charactersMax: number): string {
	const cut = text.length > charactersMax ? `${text.slice(0, charactersMax - 1)}…` : text;
	return cut.replaceAll("\t", " ").replace(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, "\ufffd");
}

/** The answer of a platform's gateway to an unknown function. The gateway does not serve the control API. */
const gatewaySchema = z.object({
	code: z.literal("FUNCTION_NOT_FOUND"),
	status: z.literal(404),
	requestId: z.string(),
});

/**
 * Makes the error for an answer that is not a success.
 * @param status the answer's HTTP status
 * @param body the answer's parsed JSON, not trusted; undefined if it has none
 * @returns the platform's error; `PLATFORM_ADDRESS_IS_GATEWAY` (exit 2) if a gateway answered;
 *   `PLATFORM_ANSWER_UNKNOWN` (exit 6) if the body is not a problem document of a platform, for example from a proxy
 */
export function errorFromProblem(status: number, body: unknown): AppError {
	const problem = problemSchema.safeParse(body);
	if (!problem.success && gatewaySchema.safeParse(body).success) {
		return new AppError({
			code: "PLATFORM_ADDRESS_IS_GATEWAY",
			message: "This is the address at which the platform serves functions, not its control address.",
			hint: "Use the address that 'coffer platform start' prints as \"control\".",
			exit: EXIT.usage,
		});
	}
	if (!problem.success) {
		return new AppError({
			code: "PLATFORM_ANSWER_UNKNOWN",
			message: `The platform answered with HTTP status ${status}, but not with an error that Coffer understands.`,
			hint: "Check the platform's address, and whether a proxy is in between.",
			exit: EXIT.network,
		});
	}
	const { code, detail, hint, exit, line } = problem.data;
	return new AppError({
		code,
		message: plain(detail, DETAIL_CHARACTERS_MAX),
		hint: plain(hint, HINT_CHARACTERS_MAX),
		exit,
		...(line === undefined ? {} : { line }),
	});
}
