/**
 * Checks the responses of functions. A function is untrusted code, so the bytes from its socket need not be HTTP.
 * Every response is checked here, in one place, before any part of it is sent to a client. Pure.
 */
import type { IncomingMessage } from "node:http";
import { forwardedResponseHeaders } from "./headers.ts";

/** The name of a header field (RFC 9110, section 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A field value or a reason phrase: Latin-1 without control characters, except the tab. */
const TEXT = /^[\t\x20-\x7e\x80-\xff]*$/;
const LENGTH = /^\d{1,15}$/;
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

/** The head to send to the client; or a description of the fault, which quotes no part of the response. */
export type CheckedAnswer =
	| {
			readonly status: number;
			readonly reason: string;
			readonly headers: string[];
			readonly fault?: undefined;
	  }
	| { readonly fault: string };

/** All values of a header. @param lowerCaseName the header's name in lower case */
function valuesOf(raw: readonly string[], lowerCaseName: string): string[] {
	return raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === lowerCaseName);
}

function headerFault(raw: readonly string[], status: number): string | undefined {
	if (raw.length > 2 * HEADERS_MAX) return `it has more than ${HEADERS_MAX} headers`;
	let length: string | undefined;
	let coding: string | undefined;
	for (let index = 0; index < raw.length; index += 2) {
		const name = raw[index] ?? "";
		const value = raw[index + 1] ?? "";
		if (!TOKEN.test(name)) return "the name of a header is invalid";
		if (!TEXT.test(value)) return "the value of a header contains a control character";
		const key = name.toLowerCase();
		if (key === "content-length") {
			if (length !== undefined || !LENGTH.test(value)) return "its Content-Length is not one number";
			length = value;
		} else if (key === "transfer-encoding") {
			if (coding !== undefined || value.trim().toLowerCase() !== "chunked")
				return "its Transfer-Encoding is not chunked";
			coding = value;
		}
	}
	if (length !== undefined && coding !== undefined)
		return "it has both a Content-Length and a Transfer-Encoding";
	if (status === 204 && Number(length ?? 0) > 0) return "it has status 204 and a Content-Length above 0";
	return undefined;
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
	const fault = reasonFault(reason) ?? headerFault(rawHeaders, status);
	return fault === undefined
		? { status, reason, headers: forwardedResponseHeaders(rawHeaders, requestId) }
		: { fault };
}

/** Checks a response that accepts a WebSocket. @param requestId as in `checkAnswer` */
export function checkSwitch(head: AnswerHead, requestId: string): CheckedAnswer {
	const { rawHeaders, reason = "", status = 0 } = head;
	const protocols = valuesOf(rawHeaders, "upgrade").map((protocol) => protocol.trim().toLowerCase());
	if (status !== 101) return { fault: "it switches protocols with a status other than 101" };
	if (protocols.join() !== "websocket") return { fault: "it switches to a protocol other than WebSocket" };
	const fault = reasonFault(reason) ?? headerFault(rawHeaders, status);
	if (fault !== undefined) return { fault };
	const framing = [...valuesOf(rawHeaders, "content-length"), ...valuesOf(rawHeaders, "transfer-encoding")];
	if (framing.length > 0) return { fault: "it switches protocols and declares a body" };
	const headers = forwardedResponseHeaders(rawHeaders, requestId);
	return { status, reason, headers: [...headers, "connection", "Upgrade", "upgrade", "websocket"] };
}

/** The head of a response that Node's HTTP client has parsed. */
export function answerHead({ rawHeaders, statusCode, statusMessage }: IncomingMessage): AnswerHead {
	return { status: statusCode, reason: statusMessage, rawHeaders };
}

/**
 * Describes the fault of a response that an HTTP client could not parse.
 * @param error from Node's client or from undici
 * @returns undefined if the error has another cause
 */
export function unreadableAnswer(error: unknown): string | undefined {
	if (!(error instanceof Error)) return undefined;
	const code = "code" in error && typeof error.code === "string" ? error.code : "";
	if (code === "UND_ERR_HEADERS_OVERFLOW" || code === "HPE_HEADER_OVERFLOW")
		return "its headers are too large";
	if (code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH")
		return "the length of its body differs from its Content-Length";
	// Some errors of undici's parser have no code, and some invalid responses fail one of undici's assertions.
	if (code.startsWith("HPE_") || error.name === "HTTPParserError" || code === "ERR_ASSERTION")
		return "it is not HTTP/1.1";
	// undici's messages for an interim response that the request did not ask for.
	return code === "UND_ERR_SOCKET" && /^bad (?:response|upgrade)$/.test(error.message)
		? "it has an interim status that the request did not ask for"
		: undefined;
}
