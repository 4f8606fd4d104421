/**
 * Errors on the wire: problem documents (RFC 9457) that carry everything of an AppError that its reader may
 * see, so that the command line says the same whether a fault is found here or on the platform. PURE.
 *
 * HTTP status by exit status, unless the code has one of its own below:
 *
 * | exit | status | why |
 * |---|---|---|
 * | 1 failure | 500 | the platform could not do it |
 * | 2 usage | 400 | the request is wrong as it is |
 * | 3 not authorised | 403 | known, but not allowed; 401 where a valid token is what is missing |
 * | 4 not found | 404 | |
 * | 5 conflict | 409 | right, but not on top of what is there |
 * | 6 network | 502 | the platform needs somebody else, who does not answer |
 * | 7 integrity | 422 | understood, and not genuine |
 */
import { z } from "zod";
import { AppError, EXIT, type ExitStatus } from "../errors.ts";

export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** A problem document. Extension members may stand beside these. */
export interface Problem {
	/** `about:blank` where there is no more to say than the status does. */
	type: "about:blank" | `urn:coffer:problem:${string}`;
	/** What the status means, in words. */
	title: string;
	status: number;
	/** The error's message. */
	detail: string;
	code: string;
	hint: string;
	exit: number;
	/** 1-based, in the file that the detail names. */
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

/** Codes for which their exit's status would say too little. */
const STATUS_OF_CODE: ReadonlyMap<string, number> = new Map([
	["TOKEN_MISSING", 401],
	["TOKEN_INVALID", 401],
	["METHOD_NOT_ALLOWED", 405],
	["BODY_TOO_LARGE", 413],
	["MEDIA_TYPE_UNSUPPORTED", 415],
	["HOST_UNKNOWN", 421],
	["TOO_MANY_REQUESTS", 429],
	["TOKEN_RATE_EXCEEDED", 429],
	["STORE_BUSY", 503],
	["STORE_CLOSED", 503],
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

/** The document of an error, and the HTTP status to send it with. Its data and its cause stay behind. */
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
/** A function's own error is part of the detail where it fails to start. */
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

/** Text from elsewhere: cut, and without anything that a terminal would take for more than text. */
function plain(text: string, charactersMax: number): string {
	const cut = text.length > charactersMax ? `${text.slice(0, charactersMax - 1)}…` : text;
	return cut.replaceAll("\t", " ").replace(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, "\ufffd");
}

/** What a platform's gateway answers where it has no such function: it serves functions, and none of this API's routes. */
const gatewaySchema = z.object({
	code: z.literal("FUNCTION_NOT_FOUND"),
	status: z.literal(404),
	requestId: z.string(),
});

/**
 * The error of an answer that is not a success.
 * @param status the answer's HTTP status
 * @param body its JSON, not trusted; undefined where it has none
 * @returns what the platform threw; or `PLATFORM_ADDRESS_IS_GATEWAY` (exit 2) where it is a gateway that answers,
 *   `PLATFORM_ANSWER_UNKNOWN` (exit 6) where the body is no problem document of a platform's, as from a proxy
 */
export function errorFromProblem(status: number, body: unknown): AppError {
	const problem = problemSchema.safeParse(body);
	if (!problem.success && gatewaySchema.safeParse(body).success) {
		return new AppError({
			code: "PLATFORM_ADDRESS_IS_GATEWAY",
			message: "The address is the one at which a platform serves functions, not its control address.",
			hint: "Give the address that 'coffer platform start' prints as \"control\".",
			exit: EXIT.usage,
		});
	}
	if (!problem.success) {
		return new AppError({
			code: "PLATFORM_ANSWER_UNKNOWN",
			message: `The platform answered with HTTP status ${status} and without a reason that Coffer understands.`,
			hint: "Check the platform's address, and what stands between here and it.",
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
