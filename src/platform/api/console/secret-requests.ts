/** The routes of requests for secrets: devices send them, and the web console lists them. */
import {
	type SecretRequestList,
	secretRequestListSchema,
	sendSecretRequestsSchema,
} from "../../../protocol/console.ts";
import { decode } from "../../../protocol/messages.ts";
import type { JudgedRequest } from "../../../vault/requests/answers.ts";
import { SecretRequests } from "../../apps/secret-requests/secret-requests.ts";
import type { Core } from "../../service/core.ts";
import { answerOf, appOf, type Endpoint, json, jsonOf } from "../endpoint.ts";

const BODY_BYTES = 1024 * 1024;

const byCore = new WeakMap<Core, SecretRequests>();

/** The requests of a platform: one object, so that two changes at a time lose nothing. */
function requestsOf(core: Core): SecretRequests {
	const { clock, node, store } = core;
	const present = byCore.get(core) ?? new SecretRequests({ store, now: clock.now, node: node?.name ?? "" });
	byCore.set(core, present);
	return present;
}

function answerWith(open: readonly JudgedRequest[], environment: string): Response {
	const requests = open.map(({ asker, entry: { at, by, id, name, reason } }) => ({
		...{ id, name, reason, at, by: asker?.name ?? by, verified: asker !== undefined },
	}));
	return Response.json({ environment, requests } satisfies SecretRequestList);
}

export const listSecretRequests: Endpoint = {
	summary: "List the open requests for secrets of an app",
	answer: answerOf("The requests", json(secretRequestListSchema)),
	handle: async (call) => {
		const app = appOf(call);
		const open = await requestsOf(call.core).list(app);
		return answerWith(open, app.state.context.environment);
	},
};

export const sendSecretRequests: Endpoint = {
	summary: "Send the requests for secrets that a working copy has, with the answers that decline them",
	body: json(sendSecretRequestsSchema),
	answer: answerOf("The open requests of the app", json(secretRequestListSchema)),
	refuses: [400, 413],
	handle: async (call) => {
		const app = appOf(call);
		const { entries } = decode(sendSecretRequestsSchema, await jsonOf(call, BODY_BYTES), "The request");
		const open = await requestsOf(call.core).add(app, entries);
		return answerWith(open, app.state.context.environment);
	},
};
