/** The two routes whose answers are sent line by line: changes and deployments. */
import { AppError, EXIT } from "../../errors.ts";
import {
	type ChangeEvent,
	changeEventSchema,
	changeSchema,
	type DeployEvent,
	decode,
	deployEventSchema,
	deploySchema,
	MESSAGE_LIMITS,
} from "../../protocol/messages.ts";
import { affectedBy } from "../redeploy/refresh.ts";
import { answerOf, appOf, type Endpoint, json, jsonOf, lines, urlOf } from "./endpoint.ts";
import { eventsOf, nodeWaitMs, sendNodeEvents } from "./nodes/node-events.ts";
import { answerLines, WAIT } from "./nodes/waiting.ts";
import { problemResponse } from "./problem.ts";

function stale(app: string): AppError {
	return new AppError({
		code: "CHANGE_STALE",
		message: `Another change touched the same secrets of ${app}, or its membership, since this change was made.`,
		hint: "Merge the later changes, which this answer contains, and send the change again.",
		exit: EXIT.conflict,
	});
}

export const appendChange: Endpoint = {
	summary: "Append a change, and redeploy the functions that read it",
	body: json(changeSchema),
	answer: answerOf("A line for each event, or a problem as the last line", lines(changeEventSchema)),
	query: [WAIT],
	refuses: [409, 422],
	handle: async (call) => {
		const app = appOf(call);
		// A wrong time is refused before anything is appended.
		nodeWaitMs(call);
		const body = await jsonOf(call, MESSAGE_LIMITS.bodyBytes);
		const change = decode(changeSchema, body, "The change");
		call.core.functionsOf(app).expectChange();
		const outcome = await app.append(change);
		if ("stale" in outcome)
			return problemResponse(stale(app.id), { ...outcome.head, entries: outcome.stale });
		const { accepted, isRepeat, since } = outcome;
		if (!isRepeat) call.core.log.info({ app: app.id, revision: accepted.revision }, "change accepted");
		return answerLines(call, async (write) => {
			const send = (event: ChangeEvent) => write(event);
			const functions = call.core.functionsOf(app);
			const concerned = affectedBy(app, change.operation);
			send({ type: "accepted", ...accepted, since, repeat: isRepeat, concerned });
			const { untouched } = await functions.redeploy(change.operation, (result) =>
				send({ type: "redeployed", result }),
			);
			await sendNodeEvents(call, eventsOf(app), send);
			send({ type: "done", untouched: [...untouched] });
		});
	},
};

export const deploy: Endpoint = {
	summary: "Deploy functions from stored files",
	query: [WAIT],
	body: json(deploySchema),
	answer: answerOf("A line for each event, or a problem as the last line", lines(deployEventSchema)),
	handle: async (call) => {
		const app = appOf(call);
		nodeWaitMs(call);
		const body = await jsonOf(call, MESSAGE_LIMITS.bodyBytes);
		const request = decode(deploySchema, body, "The deployment");
		const { core, listenUrl } = call;
		return answerLines(call, async (write) => {
			const tell = (event: DeployEvent) => write(event);
			const outcome = await core.deployer.deploy(core.functionsOf(app), request, (result) => {
				core.log.info({ app: app.id, function: result.name, status: result.status }, "function deployed");
				tell({ type: "function", result: { ...result, url: urlOf(listenUrl, app.id, result.name) } });
			});
			if ("missing" in outcome) {
				tell({ type: "missing", hashes: [...outcome.missing] });
				return;
			}
			await sendNodeEvents(call, eventsOf(app), tell);
			tell({ type: "done", pruned: [...outcome.pruned] });
		});
	},
};
