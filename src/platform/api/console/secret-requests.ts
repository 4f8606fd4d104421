/**
 * The routes of requests for secrets: devices send them, and the web console lists them. A browser may fill in a value,
 * encrypted for the members who may write. The platform has no key for it.
 */

import { fingerprint } from "../../../identity/identity.ts";
import { decode } from "../../../protocol/messages.ts";
import {
	type FilledValue,
	filledValueSchema,
	fillRequestSchema,
	type SecretRequestList,
	secretRequestListSchema,
	sendSecretRequestsSchema,
} from "../../../protocol/secret-requests/messages.ts";
import type { App } from "../../apps/app.ts";
import {
	type OpenRequest,
	recipientsOf,
	SecretRequests,
} from "../../apps/secret-requests/secret-requests.ts";
import type { Core } from "../../service/core.ts";
import { tokenInvalid } from "../authenticate.ts";
import { answerOf, appOf, done, type Endpoint, json, jsonOf } from "../endpoint.ts";

const BODY_BYTES = 1024 * 1024;

const byCore = new WeakMap<Core, SecretRequests>();

/** The requests of a platform: one object, so that two changes at a time lose nothing. */
function requestsOf(core: Core): SecretRequests {
	const { clock, node, store } = core;
	const present = byCore.get(core) ?? new SecretRequests({ store, now: clock.now, node: node?.name ?? "" });
	byCore.set(core, present);
	return present;
}

function answerWith(open: readonly OpenRequest[], { state }: App): Response {
	const { environment, vaultId } = state.context;
	const requests = open.map(({ asker, entry: { at, by, id, name, reason }, filled }) => ({
		...{ id, name, reason, at, by: asker?.name ?? by, verified: asker !== undefined },
		filled: filled ? { by: filled.by, atMs: filled.atMs } : null,
	}));
	const recipients = recipientsOf(state).map(({ box, name, sign }) => ({
		...{ name, box, fingerprint: fingerprint({ sign, box }) },
	}));
	return Response.json({ vaultId, environment, recipients, requests } satisfies SecretRequestList);
}

export const listSecretRequests: Endpoint = {
	summary: "List the open requests for secrets of an app",
	answer: answerOf("The requests", json(secretRequestListSchema)),
	handle: async (call) => {
		const app = appOf(call);
		return answerWith(await requestsOf(call.core).list(app), app);
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
		return answerWith(await requestsOf(call.core).add(app, entries), app);
	},
};

export const fillSecretRequest: Endpoint = {
	summary: "Fill in the value of a request, encrypted for the writers of the environment",
	body: json(fillRequestSchema),
	answer: done,
	refuses: [400, 409, 413],
	handle: async (call) => {
		const { core, parameter, principal } = call;
		if (principal === undefined) throw tokenInvalid();
		const app = appOf(call);
		const sealed = decode(fillRequestSchema, await jsonOf(call, BODY_BYTES), "The request");
		await requestsOf(core).fill(app, parameter("id"), sealed, principal.id);
		core.log.info({ app: app.id, request: parameter("id"), token: principal.id }, "request filled in");
		return new Response(null, { status: 204 });
	},
};

export const readFilledValue: Endpoint = {
	summary: "Read the encrypted value that waits for a request",
	answer: answerOf("The value", json(filledValueSchema)),
	handle: async (call) => {
		const value = await requestsOf(call.core).value(appOf(call), call.parameter("id"));
		return Response.json(value satisfies FilledValue);
	},
};

export const discardFilledValue: Endpoint = {
	summary: "Discard the value that waits for a request",
	answer: done,
	handle: async (call) => {
		const { core, parameter, principal } = call;
		const app = appOf(call);
		await requestsOf(core).discard(app, parameter("id"));
		core.log.info({ app: app.id, request: parameter("id"), token: principal?.id }, "filled value discarded");
		return new Response(null, { status: 204 });
	},
};
