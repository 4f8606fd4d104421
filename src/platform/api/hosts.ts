/** The routes of the host names of apps. */
import {
	type HostEvent,
	type HostList,
	hostEventSchema,
	hostListSchema,
	type MappedHost,
	mapHostSchema,
	mappedHostSchema,
} from "../../protocol/host-names.ts";
import { decode } from "../../protocol/messages.ts";
import {
	answerOf,
	type Call,
	type Endpoint,
	json,
	jsonOf,
	lines,
	type Operation,
	SMALL_BODY_BYTES,
} from "./endpoint.ts";
import { nodeWaitMs, sendNodeEvents } from "./nodes/node-events.ts";
import { answerLines, WAIT } from "./nodes/waiting.ts";

const withWait: Pick<Operation, "query" | "alternative"> = {
	query: [WAIT],
	alternative: {
		status: 200,
		description: "With 'wait': a line for each node, then the host, or a problem as the last line",
		body: lines(hostEventSchema),
	},
};

/** Answers a change that this node has made: now, or when every node has followed if the client waits for them. */
function answerChange(call: Call, mapped: MappedHost): Response {
	if (nodeWaitMs(call) === undefined) return Response.json(mapped);
	const wanted = { platformRevision: call.core.hosts.revision };
	return answerLines(call, async (write) => {
		const send = (event: HostEvent) => write(event);
		await sendNodeEvents(call, wanted, send);
		send(mapped);
	});
}

export const listHosts: Endpoint = {
	summary: "List the hosts of apps",
	answer: answerOf("The hosts, each with its app", json(hostListSchema)),
	handle: ({ core }) => Response.json({ hosts: core.hosts.list() } satisfies HostList),
};

export const addHost: Endpoint = {
	summary: "Give a host to an app",
	body: json(mapHostSchema),
	...withWait,
	answer: answerOf(
		"The host, once every gateway of this node serves the app under it",
		json(mappedHostSchema),
	),
	refuses: [409],
	handle: async (call) => {
		const { core, parameter, principal } = call;
		// Before anything is changed, so that the status says so.
		nodeWaitMs(call);
		const { app } = decode(mapHostSchema, await jsonOf(call, SMALL_BODY_BYTES), "The request");
		const added = await core.hosts.add(parameter("host"), app);
		core.log.info({ ...added, by: principal?.id }, "host added");
		return answerChange(call, added);
	},
};

export const removeHost: Endpoint = {
	summary: "Take a host from its app",
	...withWait,
	answer: answerOf("The host, and the app that had it", json(mappedHostSchema)),
	refuses: [400],
	handle: async (call) => {
		const { core, parameter, principal } = call;
		nodeWaitMs(call);
		const removed = await core.hosts.remove(parameter("host"));
		core.log.info({ ...removed, by: principal?.id }, "host removed");
		return answerChange(call, removed);
	},
};
