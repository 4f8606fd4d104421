/**
 * What a function may answer. A function is somebody's code, and what comes from its socket need not be HTTP: each answer
 * is checked here, in one place, before anything of it is sent to a client. Pure.
 */
import type { IncomingMessage } from "node:http";
import { forwardedResponseHeaders } from "./headers.ts";

/** A field's name, RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Of a field's value and a reason phrase: no control character but the tab, and one byte for each character. */
const TEXT = /^[\t\x20-\x7e\x80-\xff]*$/;
const LENGTH = /^\d{1,15}$/;
const REASON_MAX = 512;
const HEADERS_MAX = 500;
/** Statuses that announce the answer proper. */
export const INTERIM_MAX = 16;

/** An answer's head, as it comes from the function. */
export interface AnswerHead {
	readonly status: number | undefined;
	readonly reason: string | undefined;
	/** Names and values by turns. */
	readonly rawHeaders: readonly string[];
}

/** What is sent to the client; or what is wrong with the answer, in words that hold nothing of it. */
export type CheckedAnswer =
	| {
			readonly status: number;
			readonly reason: string;
			readonly headers: string[];
			readonly fault?: undefined;
	  }
	| { readonly fault: string };

/** The values of a header, its name in lower case. */
function valuesOf(raw: readonly string[], wanted: string): string[] {
	return raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === wanted);
}

function headerFault(raw: readonly string[], status: number): string | undefined {
	if (raw.length > 2 * HEADERS_MAX) return `it has more than ${HEADERS_MAX} headers`;
	let length: string | undefined;
	let coding: string | undefined;
	for (let index = 0; index < raw.length; index += 2) {
		const name = raw[index] ?? "";
		const value = raw[index + 1] ?? "";
		if (!TOKEN.test(name)) return "the name of a header is none";
		if (!TEXT.test(value)) return "the value of a header holds a control character";
		const key = name.toLowerCase();
		if (key === "content-length") {
			if (length !== undefined || !LENGTH.test(value)) return "its length is not one number";
			length = value;
		} else if (key === "transfer-encoding") {
			if (coding !== undefined || value.trim().toLowerCase() !== "chunked")
				return "its transfer encoding is not chunked";
			coding = value;
		}
	}
	if (length !== undefined && coding !== undefined) return "it has both a length and a transfer encoding";
	if (status === 204 && Number(length ?? 0) > 0) return "it has status 204 and a length";
	return undefined;
}

function reasonFault(reason: string): string | undefined {
	if (reason.length > REASON_MAX) return `its reason phrase has more than ${REASON_MAX} characters`;
	return TEXT.test(reason) ? undefined : "its reason phrase holds what is no text in Latin-1";
}

/** An answer to an ordinary request, or one that declines an upgrade. @param requestId for the client */
export function checkAnswer(head: AnswerHead, requestId: string): CheckedAnswer {
	const { rawHeaders, reason = "", status = 0 } = head;
	if (status === 101) return { fault: "it switches protocols, which nobody asked for" };
	if (!Number.isInteger(status) || status < 200 || status > 599)
		return { fault: "its status is not 200 to 599" };
	const fault = reasonFault(reason) ?? headerFault(rawHeaders, status);
	return fault === undefined
		? { status, reason, headers: forwardedResponseHeaders(rawHeaders, requestId) }
		: { fault };
}

/** An answer that accepts a WebSocket. */
export function checkSwitch(head: AnswerHead, requestId: string): CheckedAnswer {
	const { rawHeaders, reason = "", status = 0 } = head;
	const protocols = valuesOf(rawHeaders, "upgrade").map((protocol) => protocol.trim().toLowerCase());
	if (status !== 101) return { fault: "it switches protocols with a status other than 101" };
	if (protocols.join() !== "websocket") return { fault: "it switches to another protocol than WebSocket" };
	const fault = reasonFault(reason) ?? headerFault(rawHeaders, status);
	if (fault !== undefined) return { fault };
	const isFramed = [...valuesOf(rawHeaders, "content-length"), ...valuesOf(rawHeaders, "transfer-encoding")];
	if (isFramed.length > 0) return { fault: "it switches protocols and announces a body" };
	const headers = forwardedResponseHeaders(rawHeaders, requestId);
	return { status, reason, headers: [...headers, "connection", "Upgrade", "upgrade", "websocket"] };
}

/** The head of an answer that Node's client has read. */
export function headOf({ rawHeaders, statusCode, statusMessage }: IncomingMessage): AnswerHead {
	return { status: statusCode, reason: statusMessage, rawHeaders };
}

/** What is wrong with an answer that an HTTP client could not read; undefined where the error is another one. */
export function unreadableAnswer(error: unknown): string | undefined {
	if (!(error instanceof Error)) return undefined;
	const code = "code" in error && typeof error.code === "string" ? error.code : "";
	if (code === "UND_ERR_HEADERS_OVERFLOW" || code === "HPE_HEADER_OVERFLOW")
		return "its headers are too large";
	if (code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH") return "its body has another length than it says";
	// undici's parser gives its errors no code, and asserts what holds of answers that are right.
	if (code.startsWith("HPE_") || error.name === "HTTPParserError" || code === "ERR_ASSERTION")
		return "it is not HTTP/1.1";
	// What undici says of an interim answer that nobody asked for.
	return code === "UND_ERR_SOCKET" && /^bad (?:response|upgrade)$/.test(error.message)
		? "it has an interim status that nobody asked for"
		: undefined;
}
