/** Deletes on a platform, and waits for its nodes if the caller wants to know how they follow. */
import { AppError, EXIT } from "../../errors.ts";
import { deletionEventSchema, NODE_WAIT_SECONDS, type NodeEvent } from "../../protocol/nodes.ts";
import type { Route } from "../../protocol/routes.ts";
import type { Connection, RequestParts } from "./connection.ts";

/**
 * Sends a request that deletes.
 * @param onNode called when each node of the platform has followed, or not in time. Without it, no node is waited for
 * @throws AppError the platform's error; `PLATFORM_ANSWER_CUT` (exit 6), and others with exit 6 for the network
 */
export async function sendDeletion(
	connection: Connection,
	route: Route,
	request: RequestParts,
	onNode: ((event: NodeEvent) => void) | undefined,
): Promise<void> {
	if (onNode === undefined) return await connection.done(route, request);
	const query = new URLSearchParams([
		...(request.query ?? new URLSearchParams()),
		["wait", String(NODE_WAIT_SECONDS)],
	]);
	let isBegun = false;
	const events = connection.stream(
		route,
		{ ...request, query },
		deletionEventSchema,
		"The platform's answer",
	);
	for await (const event of events) {
		if (event.type === "done") return;
		isBegun = true;
		onNode(event);
	}
	// An earlier version of the platform does not know the wait. Its answer has no content, and says that it is done.
	if (!isBegun) return;
	throw new AppError({
		code: "PLATFORM_ANSWER_CUT",
		message: "The platform's answer ended before it said that the deletion is complete.",
		hint: "'coffer functions list' and 'coffer apps list' show what is left.",
		exit: EXIT.network,
	});
}
