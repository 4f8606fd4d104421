/** The routes of the host names of apps. */
import {
	type HostList,
	hostListSchema,
	type MappedHost,
	mapHostSchema,
	mappedHostSchema,
} from "../../protocol/host-names.ts";
import { decode } from "../../protocol/messages.ts";
import { answerOf, type Endpoint, json, jsonOf, SMALL_BODY_BYTES } from "./endpoint.ts";

export const listHosts: Endpoint = {
	summary: "List the hosts of apps",
	answer: answerOf("The hosts, each with its app", json(hostListSchema)),
	handle: ({ core }) => Response.json({ hosts: core.hosts.list() } satisfies HostList),
};

export const addHost: Endpoint = {
	summary: "Give a host to an app",
	body: json(mapHostSchema),
	answer: answerOf("The host, once every gateway serves the app under it", json(mappedHostSchema)),
	refuses: [409],
	handle: async (call) => {
		const { core, parameter, principal } = call;
		const { app } = decode(mapHostSchema, await jsonOf(call, SMALL_BODY_BYTES), "The request");
		const added = await core.hosts.add(parameter("host"), app);
		core.log.info({ ...added, by: principal?.id }, "host added");
		return Response.json(added satisfies MappedHost);
	},
};

export const removeHost: Endpoint = {
	summary: "Take a host from its app",
	answer: answerOf("The host, and the app that had it", json(mappedHostSchema)),
	refuses: [400],
	handle: async ({ core, parameter, principal }) => {
		const removed = await core.hosts.remove(parameter("host"));
		core.log.info({ ...removed, by: principal?.id }, "host removed");
		return Response.json(removed satisfies MappedHost);
	},
};
