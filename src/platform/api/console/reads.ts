/** The routes that the web console reads: secrets, their history, figures, and what happens to an app. */
import {
	appEventSchema,
	type Figures,
	figuresSchema,
	historySchema,
	secretListSchema,
} from "../../../protocol/console.ts";
import { SLOT_MS, SLOTS } from "../../telemetry/figures/slot.ts";
import { answerOf, appOf, type Call, type Endpoint, invalid, json, TEXT } from "../endpoint.ts";
import { checkFunctions } from "../logs/sources.ts";
import { figuresOf } from "../nodes/figures.ts";
import { EVENTS_MEDIA_TYPE, followEvents } from "./app-events.ts";
import { historyPage, secretList } from "./secrets.ts";

const REVISION_MAX = 1e15;

/** A parameter that is a whole number. @throws AppError `REQUEST_INVALID` (exit 2) */
function wholeNumber({ url }: Call, name: string, otherwise: number): number {
	const text = url.searchParams.get(name);
	if (text === null) return otherwise;
	if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text);
	throw invalid(`The parameter '${name}' must be a whole number above 0.`);
}

export const listSecrets: Endpoint = {
	summary: "List the names, versions and authors of an app's secrets",
	answer: answerOf("The secrets", json(secretListSchema)),
	handle: async (call) => Response.json(await secretList(appOf(call))),
};

export const readHistory: Endpoint = {
	summary: "Read what the entries of an app's log changed, the newest first",
	query: [
		{ name: "before", required: false, schema: { type: "integer", minimum: 1 } },
		{ name: "name", required: false, schema: TEXT },
	],
	answer: answerOf("A page of the history", json(historySchema)),
	refuses: [400],
	handle: async (call) => {
		const name = call.url.searchParams.get("name") ?? undefined;
		const before = wholeNumber(call, "before", REVISION_MAX);
		return Response.json(await historyPage(appOf(call), { before, name }));
	},
};

export const readFigures: Endpoint = {
	summary: "Read requests, response times and memory of functions in the last 24 hours",
	query: [
		{ name: "function", required: false, schema: { type: "array", items: TEXT } },
		{ name: "step", required: false, schema: { type: "integer", minimum: SLOT_MS } },
	],
	answer: answerOf("The figures", json(figuresSchema)),
	refuses: [400],
	handle: async (call) => {
		const { core, url } = call;
		const app = appOf(call);
		const named = url.searchParams.getAll("function");
		checkFunctions(app, named);
		const stepMs = wholeNumber(call, "step", SLOT_MS);
		if ((SLOTS * SLOT_MS) % stepMs !== 0 || stepMs % SLOT_MS !== 0)
			throw invalid(`The parameter 'step' must be a multiple of ${SLOT_MS} that divides a day.`);
		const { functions, nodes } = await figuresOf(call, app, { named, stepMs });
		return Response.json({
			...{ node: core.node?.name ?? "", nodes, stepMs, functions },
			...{ sinceMs: core.figures.sinceMs(stepMs), untilMs: core.clock.now() },
		} satisfies Figures);
	},
};

export const followApp: Endpoint = {
	summary: "Follow what happens to an app's functions",
	answer: answerOf("Server-sent events, each with one of these as its data", {
		media: EVENTS_MEDIA_TYPE,
		schema: appEventSchema,
	}),
	handle: followEvents,
};
