/** Changes the hosts of apps on a platform, and waits for its nodes if the caller wants to know how they follow. */
import { AppError, EXIT } from "../../errors.ts";
import { hostEventSchema, type MappedHost, mappedHostSchema } from "../../protocol/host-names.ts";
import { NODE_WAIT_SECONDS, type NodeEvent } from "../../protocol/nodes.ts";
import type { Route } from "../../protocol/routes.ts";
import type { Connection, RequestParts } from "./connection.ts";

const ANSWER = "The host's description";

/**
 * Sends a request that gives a host to an app, or takes it.
 * @param onNode called when each node of the platform has followed, or not in time. Without it, no node is waited for
 * @throws AppError the platform's error; `PLATFORM_ANSWER_CUT` (exit 6), and others with exit 6 for the network
 */
export async function changeHost(
	connection: Connection,
	route: Route,
	request: RequestParts,
	onNode: ((event: NodeEvent) => void) | undefined,
): Promise<MappedHost> {
	if (onNode === undefined) return await connection.json(route, request, mappedHostSchema, ANSWER);
	const query = new URLSearchParams({ wait: String(NODE_WAIT_SECONDS) });
	const options = { mayBeDocument: true };
	const events = connection.stream(route, { ...request, query }, hostEventSchema, ANSWER, options);
	for await (const event of events) {
		if ("host" in event) return event;
		onNode(event);
	}
	throw new AppError({
		code: "PLATFORM_ANSWER_CUT",
		message: "The platform's answer ended before it said that every node has followed.",
		hint: "'coffer apps hosts list' shows the hosts.",
		exit: EXIT.network,
	});
}
