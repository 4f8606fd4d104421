/**
 * Requests for the request log as one text. A gateway appends a row for each request, the data plane passes the text on
 * without a look at the rows, and the control plane reads them. Pure.
 *
 * A row is `target status µs bytes ms id reason protocol method path`. The gateway's parsers refuse targets with a blank
 * or a `#`, so these separate fields and rows. A request that has such a character all the same gets no row.
 */
import type { AnsweredRequest } from "../gateway/answered-request.ts";
import type { Protocol } from "../gateway/http-server/client-exchange.ts";

const FIELD_END = " ";
const ROW_END = "#";
/** Visible ASCII without `#`. */
const WORD = /^[!"$-~]+$/;
/** Stands for no reason. No code of a reason looks like this. */
const NO_REASON = "-";
const US_PER_MS = 1_000;

/** A request that was read from a row. The path is as the client sent it. */
export interface ReadRequest extends AnsweredRequest {
	path: string;
	readonly atMs: number;
}

/**
 * The text of a row.
 * @param target its index in the report
 * @param afterMs when the response ended, in whole milliseconds since the beginning of the report
 * @returns undefined if a field does not fit into a row
 */
export function rowOf(target: number, request: AnsweredRequest, afterMs: number): string | undefined {
	const { bytes, id, method, ms, path, protocol = "", reason, status } = request;
	if (!WORD.test(path) || !WORD.test(id) || !WORD.test(method) || !WORD.test(protocol)) return undefined;
	if (reason !== null && !WORD.test(reason)) return undefined;
	const numbers = `${target} ${status} ${Math.round(ms * US_PER_MS)} ${bytes} ${afterMs}`;
	return `${numbers} ${id} ${reason ?? NO_REASON} ${protocol} ${method} ${path}${ROW_END}`;
}

/**
 * Reads rows.
 * @param sinceMs the beginning of the report, in milliseconds since 1970
 * @param onRow called with each request, and the index of its target
 */
export function readRows(
	text: string,
	sinceMs: number,
	onRow: (target: number, request: ReadRequest) => void,
): void {
	for (let start = 0; start < text.length; ) {
		const end = text.indexOf(ROW_END, start);
		if (end === -1) return;
		const fields = text.slice(start, end).split(FIELD_END);
		onRow(Number(fields[0]), requestOf(fields, sinceMs));
		start = end + 1;
	}
}

function requestOf(
	[, status, us, bytes, afterMs, id = "", reason = "", protocol, method = "", path = ""]: readonly string[],
	sinceMs: number,
): ReadRequest {
	return {
		method,
		protocol: protocol as Protocol,
		path,
		status: Number(status),
		ms: Number(us) / US_PER_MS,
		bytes: Number(bytes),
		id,
		atMs: sinceMs + Number(afterMs),
		reason: reason === NO_REASON ? null : reason,
	};
}
