/** Formats lines of function logs and of the request log. */
import type { FunctionLine } from "../../protocol/function-log.ts";
import type { LoggedRequest } from "../../protocol/request-log.ts";
import { shortName } from "../views/node-lines.ts";

/** The mark of a node, if lines of several are shown. */
function markOf(node: string | undefined): string {
	return node === undefined ? "" : `${shortName(node)}  `;
}

/**
 * Formats a line that a function wrote.
 * @param name the name of the function, if lines of several are shown
 * @param node the node that stored it, if lines of several are shown
 */
export function writtenText(
	{ level, message, time }: Omit<FunctionLine, "position">,
	name: string | undefined,
	node?: string,
): string {
	return `${markOf(node)}${name === undefined ? "" : `${name}  `}${time} ${level.padEnd(5)} ${message}`;
}

const MS_PER_S = 1_000;
const BYTES_PER_KB = 1_000;

/** `4.2 ms`, `150.0 s` */
function durationOf(ms: number): string {
	return ms < MS_PER_S
		? `${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`
		: `${(ms / MS_PER_S).toFixed(1)} s`;
}

/** `12 B`, `4.2 kB`, `1.3 MB` */
function sizeOf(bytes: number): string {
	if (bytes < BYTES_PER_KB) return `${bytes} B`;
	const kB = bytes / BYTES_PER_KB;
	return kB < BYTES_PER_KB ? `${kB.toFixed(1)} kB` : `${(kB / BYTES_PER_KB).toFixed(1)} MB`;
}

/** Formats a request, with the name of its function. @param node as in `writtenText` */
export function requestText(request: Omit<LoggedRequest, "position">, node?: string): string {
	const { automation, bytes, id, method, ms, path, protocol, reason, status, time } = request;
	const parts = [
		time,
		request.function ?? "-",
		String(status),
		durationOf(ms).padStart(8),
		sizeOf(bytes).padStart(8),
		`${method} ${path}${protocol === undefined ? "" : ` ${protocol}`}`,
		...(automation === undefined ? [] : [`automation "${automation}"`]),
		...(reason === null ? [] : [reason]),
		...(id === null ? [] : [id]),
	];
	return markOf(node) + parts.join("  ");
}
