/** The head of a response to a client. Pure, apart from the clock. */
import { STATUS_CODES } from "node:http";
import { isField } from "../syntax/fields.ts";
import type { ResponseHead } from "./client-exchange.ts";

/** The time for which an idle connection stays open. */
export const KEEP_ALIVE_MS = 65_000;
const KEPT = `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_MS / 1000}\r\n`;
const CLOSED = "Connection: close\r\n";

let dateLine = "";
let dateSecond = 0;

/** The `Date` header with its line end. It is the same for all responses of one second. */
function date(): string {
	const nowMs = Date.now();
	const second = Math.floor(nowMs / 1000);
	if (second !== dateSecond) {
		dateSecond = second;
		dateLine = `Date: ${new Date(nowMs).toUTCString()}\r\n`;
	}
	return dateLine;
}

/**
 * The bytes of a head, as Latin-1.
 * @param isChunked whether the body is sent in chunks
 * @param isKeptAlive whether the connection stays open; undefined if it changes its protocol
 */
export function responseHeadText(
	{ headers, reason, status }: ResponseHead,
	isChunked: boolean,
	isKeptAlive: boolean | undefined,
): string {
	let text = `HTTP/1.1 ${status} ${reason}\r\n`;
	let hasDate = false;
	for (let index = 0; index < headers.length; index += 2) {
		const name = headers[index] ?? "";
		if (isField(name, "date")) hasDate = true;
		text += `${name}: ${headers[index + 1]}\r\n`;
	}
	if (isKeptAlive === undefined) return `${text}\r\n`;
	if (!hasDate) text += date();
	if (isChunked) text += "Transfer-Encoding: chunked\r\n";
	return `${text}${isKeptAlive ? KEPT : CLOSED}\r\n`;
}

/** The reason phrase of a status. */
export function reasonOf(status: number): string {
	return STATUS_CODES[status] ?? "Unknown";
}
