/** What `functions logs` reads: what functions wrote, or the requests that they were sent; once, or on and on. */
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
	/** The one function that was asked for; left out where several were, or all. */
	function?: string;
	lines: { time: string; level: FunctionLine["level"]; message: string; function?: string | undefined }[];
}

/** Stable, too. */
export interface RequestsResult {
	requests: Omit<LoggedRequest, "position">[];
}

export interface WantedLogs extends WantedLines {
	/** All functions where none is named. */
	readonly names: readonly string[];
	/** Whether it is the requests that are wanted. */
	readonly requests: boolean;
}

/** @throws AppError as `Remote.logs` and `Remote.requests` */
export async function readLogs(
	{ binding, remote }: LinkTarget,
	{ names, requests, ...wanted }: WantedLogs,
): Promise<WrittenResult | RequestsResult> {
	if (requests) {
		const read = await remote.requests(binding.app, names, wanted).catch(explainAbsent);
		return { requests: read.requests.map(({ position: _, ...request }) => request) };
	}
	const read = await remote.logs(binding.app, names, wanted);
	const lines = read.lines.map(({ position: _, ...line }) => line);
	const [name] = names;
	return name !== undefined && names.length === 1
		? { function: name, lines: lines.map(({ function: _, ...line }) => line) }
		: { lines };
}

/** A platform of an earlier version keeps no log of requests. */
function explainAbsent(error: unknown): never {
	if (!(error instanceof AppError) || error.code !== "ROUTE_NOT_FOUND") throw error;
	throw new AppError({
		code: "PLATFORM_TOO_OLD",
		message: "This platform keeps no log of requests: its version of Coffer is an earlier one.",
		hint: "Update Coffer on the platform's machine, and start it again.",
		exit: EXIT.notFound,
		cause: error,
	});
}

/**
 * Tells what comes until the signal is aborted, through restarts of the platform and broken connections.
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
		onLost: () => terminal.note("The connection to the platform is lost; trying again."),
		onBack: () => terminal.note("Connected again."),
	});
	for await (const event of events) tell(event, names.length !== 1, terminal);
}

function tell(event: LogEvent | RequestEvent, isNamed: boolean, terminal: Terminal): void {
	if (event.type === "ping") return;
	terminal.document(event);
	if (event.type === "dropped")
		terminal.warn(`${event.lines} lines were left out: they came faster than they were read.`);
	else if (event.type === "request") terminal.line(requestText(event.request));
	else terminal.line(writtenText(event.line, isNamed ? event.function : undefined));
}

/** What was read, for a person. */
export function renderLogs(result: WrittenResult | RequestsResult, terminal: Terminal): void {
	if ("requests" in result) {
		if (result.requests.length === 0) terminal.note("No request is kept.");
		for (const request of result.requests) terminal.line(requestText(request));
		return;
	}
	if (result.lines.length === 0)
		terminal.note(
			`${result.function ?? "No function"} has written ${result.function === undefined ? "anything" : "nothing"} that is kept.`,
		);
	for (const line of result.lines)
		terminal.line(writtenText(line, result.function === undefined ? line.function : undefined));
}
