/** The lines of this node, for another one that asks for them. */
import type { App } from "../../../apps/app.ts";
import type { Timed } from "../../../logs/function-logs.ts";
import type { LineRequest } from "../../../nodes/calls/sealed.ts";
import type { Call } from "../../endpoint.ts";
import { follow } from "../follow.ts";
import { readNewest, requestsTo, type Source, writtenBy } from "../sources.ts";
import { FEED_FORMAT } from "./feed.ts";

/** The characters of lines in one part of an answer. */
const PART_CHARACTERS = 64 * 1024;

/** The stored lines, in parts. */
async function* stored<Line extends Timed>(
	source: Source<Line>,
	query: LineRequest["query"],
): AsyncGenerator<Uint8Array, void, void> {
	let part = "";
	for (const { line, name } of await readNewest(source, query)) {
		part += FEED_FORMAT.line(name, line);
		if (part.length < PART_CHARACTERS) continue;
		yield Buffer.from(part);
		part = "";
	}
	if (part !== "") yield Buffer.from(part);
}

function linesOf<Line extends Timed>(
	call: Call,
	source: Source<Line>,
	{ follow: isFollowed, query }: LineRequest,
): ReadableStream<Uint8Array> {
	if (!isFollowed) return ReadableStream.from(stored(source, query));
	return follow(call, { source, query, format: FEED_FORMAT }).body as ReadableStream<Uint8Array>;
}

/** The lines that a node asks for. */
export function linesFor(call: Call, app: App, request: LineRequest): ReadableStream<Uint8Array> {
	const names = request.names ?? undefined;
	return request.kind === "requests"
		? linesOf(call, requestsTo(call, app, names), request)
		: linesOf(call, writtenBy(call, app, names), request);
}
