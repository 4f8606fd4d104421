/** Reads, for `functions logs`, the output of functions or their requests: once, or until it is stopped. */
import { AppError, EXIT } from "../../errors.ts";
import type { FunctionLine, LogEvent } from "../../protocol/function-log.ts";
import type { AskedNode } from "../../protocol/nodes.ts";
import type { LoggedRequest, RequestEvent } from "../../protocol/request-log.ts";
import { inspectPlatform } from "../../sync/client/inspect.ts";
import type { LinkTarget } from "../../sync/client/link-target.ts";
import type { WantedLines } from "../../sync/client/log-query.ts";
import { platformOrigin } from "../../sync/client/origin.ts";
import { resumed } from "../../sync/logs/resume.ts";
import type { Terminal } from "../shell/terminal.ts";
import { requestText, writtenText } from "./lines.ts";
import { isSeveral, nodeChanges } from "./nodes.ts";

/** Stable: other programs rely on it. */
export interface WrittenResult {
	/** The function, if the user named exactly one. */
	function?: string;
	lines: {
		time: string;
		level: FunctionLine["level"];
		message: string;
		function?: string | undefined;
		/** The node that stored the line, if the platform may have several. */
		node?: string | undefined;
	}[];
	/** The nodes that were asked, if the platform may have several. */
	nodes?: AskedNode[] | undefined;
}

/** Stable. */
export interface RequestsResult {
	requests: Omit<LoggedRequest, "position">[];
	nodes?: AskedNode[] | undefined;
}

export interface WantedLogs extends WantedLines {
	/** The functions; all of them if empty. */
	readonly names: readonly string[];
	/** Whether to read requests instead of output. */
	readonly requests: boolean;
	/** When the command began, by the platform's clock, in milliseconds since 1970. */
	readonly beganMs: number;
}

/**
 * The time by the platform's clock, which dates the lines: milliseconds since 1970, to about a second. The time here, if
 * the platform cannot be asked: what is asked next reports that.
 */
export async function platformNow({ binding }: LinkTarget): Promise<number> {
	try {
		const { aheadMs = 0 } = await inspectPlatform(platformOrigin(binding.url));
		return Date.now() + Math.round(aheadMs);
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		return Date.now();
	}
}

/** Reads the stored lines once. @throws AppError as `Remote.logs` and `Remote.requests` */
export async function readLogs(
	{ binding, remote }: LinkTarget,
	{ names, requests, beganMs: _, ...wanted }: WantedLogs,
): Promise<WrittenResult | RequestsResult> {
	if (requests) {
		const read = await remote.requests(binding.app, names, wanted).catch(explainMissingRoute);
		return { requests: read.requests.map(({ position: __, ...request }) => request), nodes: read.nodes };
	}
	const read = await remote.logs(binding.app, names, wanted);
	const lines = read.lines.map(({ position: __, ...line }) => line);
	const [name] = names;
	return name !== undefined && names.length === 1
		? { function: name, lines: lines.map(({ function: __, ...line }) => line), nodes: read.nodes }
		: { lines, nodes: read.nodes };
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
	{ names, requests, beganMs, ...first }: WantedLogs,
	terminal: Terminal,
	signal: AbortSignal,
): Promise<void> {
	const open = (after: readonly string[] | undefined): AsyncGenerator<LogEvent | RequestEvent> => {
		// A node that came while there was no connection has no position. All its lines since this began are shown.
		const wanted =
			after === undefined ? first : { level: first.level, sinceMs: first.sinceMs ?? beganMs, after };
		return requests
			? remote.followRequests(binding.app, names, wanted)
			: remote.followLogs(binding.app, names, wanted);
	};
	const events = resumed(open, {
		signal,
		onLost: () => terminal.note("The connection to the platform was lost. Reconnecting."),
		onBack: () => terminal.note("Reconnected."),
	});
	let nodes: readonly AskedNode[] | undefined;
	for await (const event of events) {
		if (event.type === "nodes") {
			for (const note of nodeChanges(nodes ?? [], event.nodes)) terminal.warn(note);
			nodes = event.nodes;
		}
		printEvent(event, { isNamed: names.length !== 1, isMarked: isSeveral(nodes) }, terminal);
	}
}

/** Whether lines are marked with their functions, and with their nodes. */
interface Marking {
	readonly isNamed: boolean;
	readonly isMarked: boolean;
}

function printEvent(
	event: LogEvent | RequestEvent,
	{ isMarked, isNamed }: Marking,
	terminal: Terminal,
): void {
	if (event.type === "ping") return;
	terminal.document(event);
	if (event.type === "dropped")
		terminal.warn(
			`${event.lines} lines were left out, because they arrived faster than this command read them.`,
		);
	else if (event.type === "request")
		terminal.line(requestText(event.request, isMarked ? event.request.node : undefined));
	else if (event.type === "line")
		terminal.line(
			writtenText(event.line, isNamed ? event.function : undefined, isMarked ? event.node : undefined),
		);
}

/** Prints the lines that were read. */
export function renderLogs(result: WrittenResult | RequestsResult, terminal: Terminal): void {
	for (const note of nodeChanges([], result.nodes ?? [])) terminal.warn(note);
	const isMarked = isSeveral(result.nodes);
	if ("requests" in result) {
		if (result.requests.length === 0) terminal.note("The platform has no requests in its log.");
		for (const request of result.requests)
			terminal.line(requestText(request, isMarked ? request.node : undefined));
		return;
	}
	if (result.lines.length === 0)
		terminal.note(`The platform has no output of ${result.function ?? "any function"} in its log.`);
	for (const line of result.lines)
		terminal.line(
			writtenText(
				line,
				result.function === undefined ? line.function : undefined,
				isMarked ? line.node : undefined,
			),
		);
}
