/** Reads, for `functions logs`, the output of functions or their requests: once, or until it is stopped. */
import { AppError, EXIT } from "../../errors.ts";
import type { FunctionLine, LogEvent } from "../../protocol/function-log.ts";
import type { LoggedRequest, RequestEvent } from "../../protocol/request-log.ts";
import type { LinkTarget } from "../../sync/client/link-target.ts";
import type { WantedLines } from "../../sync/client/platform-client.ts";
import { resumed } from "../../sync/logs/resume.ts";
import type { Terminal } from "../shell/terminal.ts";
import { requestText, writtenText } from "./lines.ts";

/** Stable: other programs rely on it. */
export interface WrittenResult {
	/** The function, if the user named exactly one. */
	function?: string;
	lines: { time: string; level: FunctionLine["level"]; message: string; function?: string | undefined }[];
}

/** Stable. */
export interface RequestsResult {
	requests: Omit<LoggedRequest, "position">[];
}

export interface WantedLogs extends WantedLines {
	/** The functions; all of them if empty. */
	readonly names: readonly string[];
	/** Whether to read requests instead of output. */
	readonly requests: boolean;
}

/** Reads the stored lines once. @throws AppError as `Remote.logs` and `Remote.requests` */
export async function readLogs(
	{ binding, remote }: LinkTarget,
	{ names, requests, ...wanted }: WantedLogs,
): Promise<WrittenResult | RequestsResult> {
	if (requests) {
		const read = await remote.requests(binding.app, names, wanted).catch(explainMissingRoute);
		return { requests: read.requests.map(({ position: _, ...request }) => request) };
	}
	const read = await remote.logs(binding.app, names, wanted);
	const lines = read.lines.map(({ position: _, ...line }) => line);
	const [name] = names;
	return name !== undefined && names.length === 1
		? { function: name, lines: lines.map(({ function: _, ...line }) => line) }
		: { lines };
}

/** Explains that an older platform has no request log. */
function explainMissingRoute(error: unknown): never {
	if (!(error instanceof AppError) || error.code !== "ROUTE_NOT_FOUND") throw error;
	throw new AppError({
		code: "PLATFORM_TOO_OLD",
		message: "This platform has no request log, because its version of Coffer is too old.",
		hint: "Update Coffer on the platform's machine, and restart the platform.",
		exit: EXIT.notFound,
		cause: error,
	});
}

/**
 * Prints new lines until the signal is aborted. It reconnects after a restart of the platform or a lost
 * connection.
 * @throws AppError as `resumed`
 */
export async function followLogs(
	{ binding, remote }: LinkTarget,
	{ names, requests, ...first }: WantedLogs,
	terminal: Terminal,
	signal: AbortSignal,
): Promise<void> {
	const open = (after: string | undefined): AsyncGenerator<LogEvent | RequestEvent> => {
		const wanted = after === undefined ? first : { level: first.level, after };
		return requests
			? remote.followRequests(binding.app, names, wanted)
			: remote.followLogs(binding.app, names, wanted);
	};
	const events = resumed(open, {
		signal,
		onLost: () => terminal.note("The connection to the platform was lost. Reconnecting."),
		onBack: () => terminal.note("Reconnected."),
	});
	for await (const event of events) printEvent(event, names.length !== 1, terminal);
}

function printEvent(event: LogEvent | RequestEvent, isNamed: boolean, terminal: Terminal): void {
	if (event.type === "ping") return;
	terminal.document(event);
	if (event.type === "dropped")
		terminal.warn(
			`${event.lines} lines were left out, because they arrived faster than this command read them.`,
		);
	else if (event.type === "request") terminal.line(requestText(event.request));
	else terminal.line(writtenText(event.line, isNamed ? event.function : undefined));
}

/** Prints the lines that were read. */
export function renderLogs(result: WrittenResult | RequestsResult, terminal: Terminal): void {
	if ("requests" in result) {
		if (result.requests.length === 0) terminal.note("The platform has no requests in its log.");
		for (const request of result.requests) terminal.line(requestText(request));
		return;
	}
	if (result.lines.length === 0)
		terminal.note(`The platform has no output of ${result.function ?? "any function"} in its log.`);
	for (const line of result.lines)
		terminal.line(writtenText(line, result.function === undefined ? line.function : undefined));
}
