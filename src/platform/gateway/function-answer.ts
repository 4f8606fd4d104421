/**
 * Checks the responses of functions. A function is untrusted code, so the bytes from its socket need not be HTTP.
 * Every response is checked here, in one place, before any part of it is sent to a client. Pure.
 */
import type { IncomingMessage } from "node:http";
import { forwardedResponseHeaders } from "./headers.ts";
import { isField, TEXT, TOKEN } from "./syntax/fields.ts";

const LENGTH = /^\d{1,15}$/;
const KEEP_ALIVE = /(?:^|[,; \t])timeout=(\d{1,6})(?:$|[,; \t])/i;
const REASON_MAX = 512;
const HEADERS_MAX = 500;
/** The most interim responses (status 1xx) before a final response. */
export const INTERIM_MAX = 16;

/** The status line and the headers of a response, as the function sent them. */
export interface AnswerHead {
	readonly status: number | undefined;
	readonly reason: string | undefined;
	/** A flat list: name, value, name, value, … */
	readonly rawHeaders: readonly string[];
}

/** Where the body of a response ends, and whether another response may follow on its connection. */
export interface Framing {
	/** The `Content-Length`; undefined if there is none. */
	readonly length: number | undefined;
	readonly isChunked: boolean;
	/** The function closes the connection after this response. */
	readonly isLast: boolean;
	/**
	 * The time for which the function keeps the idle connection open, in milliseconds; undefined if the function does not
	 * declare it.
	 */
	readonly keepAliveMs: number | undefined;
}

/** A valid head, with the headers that the client gets. */
export interface AcceptedAnswer {
	readonly status: number;
	readonly reason: string;
	readonly headers: string[];
	readonly framing: Framing;
	readonly fault?: undefined;
}

/** A valid head; or a description of the fault, which quotes no part of the response. */
export type CheckedAnswer = AcceptedAnswer | { readonly fault: string };

/** All values of a header. @param lowerCaseName the header's name in lower case */
function valuesOf(raw: readonly string[], lowerCaseName: string): string[] {
	return raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === lowerCaseName);
}

/** Reads one header into the framing. @returns its fault */
function frame(
	framing: { -readonly [Key in keyof Framing]: Framing[Key] },
	name: string,
	value: string,
): string | undefined {
	if (isField(name, "content-length")) {
		if (framing.length !== undefined || !LENGTH.test(value)) return "its Content-Length is not one number";
		framing.length = Number(value);
	} else if (isField(name, "transfer-encoding")) {
		if (framing.isChunked || value.toLowerCase() !== "chunked") return "its Transfer-Encoding is not chunked";
		framing.isChunked = true;
	} else if (isField(name, "connection")) {
		framing.isLast ||= /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(value);
	} else if (isField(name, "keep-alive")) {
		const seconds = KEEP_ALIVE.exec(value)?.[1];
		if (seconds !== undefined) framing.keepAliveMs = Number(seconds) * 1000;
	}
	return undefined;
}

/** Checks the headers, and determines where the body ends (RFC 9112, section 6.3). */
function framingOf(raw: readonly string[], status: number): Framing | { readonly fault: string } {
	if (raw.length > 2 * HEADERS_MAX) return { fault: `it has more than ${HEADERS_MAX} headers` };
	const framing = { length: undefined, isChunked: false, isLast: false, keepAliveMs: undefined };
	for (let index = 0; index < raw.length; index += 2) {
		const name = raw[index] ?? "";
		const value = raw[index + 1] ?? "";
		if (!TOKEN.test(name)) return { fault: "the name of a header is invalid" };
		if (!TEXT.test(value)) return { fault: "the value of a header contains a control character" };
		const fault = frame(framing, name, value);
		if (fault !== undefined) return { fault };
	}
	const { length, isChunked }: Framing = framing;
	if (length !== undefined && isChunked)
		return { fault: "it has both a Content-Length and a Transfer-Encoding" };
	return status === 204 && (length ?? 0) > 0
		? { fault: "it has status 204 and a Content-Length above 0" }
		: framing;
}

function reasonFault(reason: string): string | undefined {
	if (reason.length > REASON_MAX) return `its reason phrase has more than ${REASON_MAX} characters`;
	return TEXT.test(reason)
		? undefined
		: "its reason phrase contains a character that is not printable Latin-1";
}

/**
 * Checks a response to an ordinary request, or a response that declines an upgrade.
 * @param requestId the client gets it as `x-request-id` if the function did not send one
 */
export function checkAnswer(head: AnswerHead, requestId: string): CheckedAnswer {
	const { rawHeaders, reason = "", status = 0 } = head;
	if (status === 101) return { fault: "it switches protocols without a request to do so" };
	if (!Number.isInteger(status) || status < 200 || status > 599)
		return { fault: "its status is not between 200 and 599" };
	const fault = reasonFault(reason);
	if (fault !== undefined) return { fault };
	const framing = framingOf(rawHeaders, status);
	if ("fault" in framing) return framing;
	return { status, reason, headers: forwardedResponseHeaders(rawHeaders, requestId), framing };
}

/** Checks a response that accepts a WebSocket. @param requestId as in `checkAnswer` */
export function checkSwitch(head: AnswerHead, requestId: string): CheckedAnswer {
	const { rawHeaders, reason = "", status = 0 } = head;
	const protocols = valuesOf(rawHeaders, "upgrade").map((protocol) => protocol.trim().toLowerCase());
	if (status !== 101) return { fault: "it switches protocols with a status other than 101" };
	if (protocols.join() !== "websocket") return { fault: "it switches to a protocol other than WebSocket" };
	const fault = reasonFault(reason);
	if (fault !== undefined) return { fault };
	const framing = framingOf(rawHeaders, status);
	if ("fault" in framing) return framing;
	if (framing.length !== undefined || framing.isChunked)
		return { fault: "it switches protocols and declares a body" };
	const headers = forwardedResponseHeaders(rawHeaders, requestId);
	return { status, reason, headers: [...headers, "connection", "Upgrade", "upgrade", "websocket"], framing };
}

/** The head of a response that Node's HTTP client has parsed. */
export function answerHead({ rawHeaders, statusCode, statusMessage }: IncomingMessage): AnswerHead {
	return { status: statusCode, reason: statusMessage, rawHeaders };
}

/**
 * Describes the fault of a response that Node's HTTP client could not parse.
 * @returns undefined if the error has another cause
 */
export function unreadableAnswer(error: unknown): string | undefined {
	if (!(error instanceof Error)) return undefined;
	const code = "code" in error && typeof error.code === "string" ? error.code : "";
	if (code === "HPE_HEADER_OVERFLOW") return "its headers are too large";
	return code.startsWith("HPE_") ? "it is not HTTP/1.1" : undefined;
}
