/** Reports how the nodes of a platform follow a change, as lines of an answer. */
import { NODE_WAIT_SECONDS_MAX, type NodeEvent } from "../../../protocol/nodes.ts";
import type { App } from "../../apps/app.ts";
import type { Wanted } from "../../nodes/progress.ts";
import { type Call, invalid } from "../endpoint.ts";

/** How long a client waits for the nodes, from `?wait=SECONDS`. Undefined: it does not. @throws AppError `REQUEST_INVALID` (exit 2) */
export function nodeWaitMs({ url }: Pick<Call, "url">): number | undefined {
	const text = url.searchParams.get("wait");
	if (text === null) return undefined;
	const seconds = Number(text);
	if (/^\d{1,4}$/.test(text) && seconds <= NODE_WAIT_SECONDS_MAX) return seconds * 1000;
	throw invalid(`The parameter 'wait' must be a number of seconds, at most ${NODE_WAIT_SECONDS_MAX}.`);
}

/** All events of an app so far. */
export const eventsOf = (app: App): Wanted => ({ app: app.id, revision: app.eventRevision });

/** Sends a line for each of several nodes that follows, or does not within the time that the client waits. */
export async function sendNodeEvents(
	{ core, url }: Pick<Call, "core" | "url">,
	wanted: Wanted,
	send: (event: NodeEvent) => void,
): Promise<void> {
	const waitMs = nodeWaitMs({ url });
	if (waitMs === undefined || core.node === undefined) return;
	const { nodes } = core.node;
	for (const node of nodes.presence.silent()) send({ type: "node", node, status: "gone", failed: [] });
	// With one node, the answer has said everything.
	if (nodes.presence.list().length < 2) return;
	for await (const { failed, node, status } of nodes.followed(wanted, waitMs))
		send({ type: "node", node, status, failed: [...failed] });
}
