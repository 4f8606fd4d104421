/** Answers another node that asks for what this one has: lines, figures, the states of functions. */
import { AppError, EXIT } from "../../../errors.ts";
import type { App } from "../../apps/app.ts";
import { NODE_CALL_MEDIA_TYPE } from "../../nodes/calls/calls.ts";
import type { NodeRequest } from "../../nodes/calls/sealed.ts";
import { readBytes } from "../body.ts";
import type { Call } from "../endpoint.ts";
import { linesFor } from "../logs/nodes/lines.ts";
import { figuresFor } from "./figures.ts";
import { functionsFor } from "./functions.ts";

const REQUEST_BYTES_MAX = 1024 * 1024;

function refused(): AppError {
	return new AppError({
		code: "NODE_CALL_REFUSED",
		message:
			"The request was not made by a node of this platform for this node, or not lately, or it was made before.",
		hint: "Only nodes of this platform use this route. All of them need the same identity.",
		exit: EXIT.unauthorised,
	});
}

function answerTo(call: Call, app: App, request: NodeRequest): ReadableStream<Uint8Array> {
	switch (request.kind) {
		case "figures":
			return figuresFor(call, app, request);
		case "functions":
			return functionsFor(call, app, request);
		default:
			return linesFor(call, app, request);
	}
}

/**
 * Answers with what this node has. It has nothing of an app that it does not know yet.
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
	const isKnown = app !== undefined && app.lifetimeId === request.lifetime;
	const answer = isKnown ? answerTo(call, app, request) : ReadableStream.from<Uint8Array>([]);
	const headers = { "content-type": NODE_CALL_MEDIA_TYPE };
	return new Response(accepted.seal(answer), { headers });
}
