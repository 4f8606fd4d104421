/** Answers another node that asks for the lines of this one. */
import { AppError, EXIT } from "../../../../errors.ts";
import type { Timed } from "../../../logs/function-logs.ts";
import { NODE_CALL_MEDIA_TYPE } from "../../../nodes/calls/calls.ts";
import type { NodeRequest } from "../../../nodes/calls/sealed.ts";
import { readBytes } from "../../body.ts";
import type { Call } from "../../endpoint.ts";
import { follow } from "../follow.ts";
import { readNewest, requestsTo, type Source, writtenBy } from "../sources.ts";
import { FEED_FORMAT } from "./feed.ts";

const REQUEST_BYTES_MAX = 1024 * 1024;
/** The characters of lines in one part of an answer. */
const PART_CHARACTERS = 64 * 1024;

function refused(): AppError {
	return new AppError({
		code: "NODE_CALL_REFUSED",
		message:
			"The request was not made by a node of this platform for this node, or not lately, or it was made before.",
		hint: "Only nodes of this platform use this route. All of them need the same identity.",
		exit: EXIT.unauthorised,
	});
}

/** The stored lines, in parts. */
async function* stored<Line extends Timed>(
	source: Source<Line>,
	query: NodeRequest["query"],
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
	{ follow: isFollowed, query }: NodeRequest,
): ReadableStream<Uint8Array> {
	if (!isFollowed) return ReadableStream.from(stored(source, query));
	return follow(call, { source, query, format: FEED_FORMAT }).body as ReadableStream<Uint8Array>;
}

/**
 * Answers with the lines of this node. It has none of an app that it does not know yet.
 * @param onRefused called before a request is refused
 * @throws AppError `NODE_CALL_REFUSED` (exit 3), and as `readBytes`
 */
export async function answerNode(call: Call, onRefused: () => void): Promise<Response> {
	const { core } = call;
	const sealed = await readBytes(call.request, NODE_CALL_MEDIA_TYPE, REQUEST_BYTES_MAX);
	const accepted = core.node?.nodes.calls.accept(sealed);
	if (accepted === undefined) {
		onRefused();
		throw refused();
	}
	const { request } = accepted;
	const app = core.apps.find(request.app);
	const names = request.names ?? undefined;
	const answer =
		app === undefined || app.lifetimeId !== request.lifetime
			? ReadableStream.from<Uint8Array>([])
			: request.kind === "requests"
				? linesOf(call, requestsTo(call, app, names), request)
				: linesOf(call, writtenBy(call, app, names), request);
	const headers = { "content-type": NODE_CALL_MEDIA_TYPE };
	return new Response(accepted.seal(answer), { headers });
}
