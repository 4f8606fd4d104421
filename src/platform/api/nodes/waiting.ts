/** Answers that a client may ask to wait for the other nodes: lines with the nodes as they follow, and then the result. */
import { type DeletionEvent, deletionEventSchema } from "../../../protocol/nodes.ts";
import { describeError } from "../../faults/log.ts";
import type { Wanted } from "../../nodes/progress.ts";
import { tokenInvalid } from "../authenticate.ts";
import { type Call, done, lines, type Operation, TEXT } from "../endpoint.ts";
import { lineStream } from "../stream.ts";
import { nodeWaitMs, sendNodeEvents } from "./node-events.ts";

/** How long to wait for the nodes, in seconds. */
export const WAIT = { name: "wait", required: false, schema: TEXT };

/** An answer that is sent line by line. It ends at once when the token of its reader is revoked or expires. */
export function answerLines({ core, principal }: Call, work: Parameters<typeof lineStream>[0]): Response {
	return lineStream(
		work,
		(error) => core.log.error(describeError(error), "an answer ended with an error"),
		(end) => {
			const invalid = core.faults.control.callback(() => end(tokenInvalid()));
			return principal ? core.tokens.onInvalid(principal, core.clock, invalid) : () => undefined;
		},
	);
}

/** The answers to a deletion: without content, or with `?wait=SECONDS` line by line. */
export const deletionAnswers: Pick<Operation, "answer" | "alternative"> = {
	answer: done,
	alternative: {
		status: 200,
		description: "With 'wait': a line for each node, or a problem as the last line",
		body: lines(deletionEventSchema),
	},
};

/**
 * Deletes, and answers when it is done: here, or on every node if the client waits for them.
 * @param remove deletes, and returns what the nodes have to follow then
 * @throws AppError `REQUEST_INVALID` (exit 2) for a wrong time; what `remove` throws, if the client does not wait
 */
export async function answerDeletion(call: Call, remove: () => Promise<Wanted>): Promise<Response> {
	if (nodeWaitMs(call) === undefined) {
		await remove();
		return new Response(null, { status: 204 });
	}
	return answerLines(call, async (write) => {
		const send = (event: DeletionEvent) => write(event);
		await sendNodeEvents(call, await remove(), send);
		send({ type: "done" });
	});
}
