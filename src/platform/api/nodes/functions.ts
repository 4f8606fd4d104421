/** What is live where: how each node is with an app, and how functions are on it. */
import * as z from "zod";
import { type AppNodes, appNodesSchema, nodeFunctionSchema } from "../../../protocol/function-list.ts";
import type { App } from "../../apps/app.ts";
import type { NodeInfo, Progress } from "../../nodes/announcement.ts";
import type { NodeRequest } from "../../nodes/calls/sealed.ts";
import { rolloutStatusOf, shownProgress } from "../../nodes/rollout-status.ts";
import type { OpenNode } from "../../service/node.ts";
import { answerOf, appOf, type Call, type Endpoint, invalid, json, TEXT } from "../endpoint.ts";
import { checkFunctions } from "../logs/sources.ts";
import { askOthers } from "./ask.ts";

const FUNCTIONS_MAX = 100;
const ERROR_CHARACTERS_MAX = 32 * 1024;

type NodeFunction = AppNodes["nodes"][number]["functions"][number];
type FunctionsRequest = Extract<NodeRequest, { kind: "functions" }>;

/** What a node says about itself. */
const answerSchema = z.object({
	progress: z.object({ app: z.string(), revision: z.int().min(0), failed: z.array(z.string()) }).nullable(),
	functions: z.array(nodeFunctionSchema),
});
type NodeState = z.infer<typeof answerSchema>;

/** How functions are on this node. */
function functionsHere({ core }: Pick<Call, "core">, app: App, names: readonly string[]): NodeFunction[] {
	const running = core.functionsOf(app);
	return names.flatMap((name) => {
		const supervisor = running.findSupervisor(name);
		if (supervisor === undefined) return [];
		const { current, error, instance, state } = supervisor;
		return {
			...{ function: name, state, pid: instance?.pid ?? null },
			deployment: current?.deployment.id ?? null,
			revision: current?.values?.revision ?? null,
			...(error !== undefined && { error: error.slice(0, ERROR_CHARACTERS_MAX) }),
		};
	});
}

function stateHere(call: Pick<Call, "core">, app: App, names: readonly string[]): NodeState {
	const progress = call.core.node?.nodes.progressOf(app) ?? null;
	return { progress, functions: functionsHere(call, app, names) };
}

/** The state of this node, for another one that asks for it. */
export function functionsFor(call: Call, app: App, { names }: FunctionsRequest): ReadableStream<Uint8Array> {
	return ReadableStream.from([Buffer.from(JSON.stringify(stateHere(call, app, names ?? [])))]);
}

async function readState(parts: AsyncIterable<string>): Promise<NodeState | undefined> {
	let text = "";
	for await (const part of parts) text += part;
	// A node that does not know the app yet says nothing.
	return text === "" ? undefined : answerSchema.parse(JSON.parse(text));
}

/** The nodes of a platform that has several. */
async function nodesOf(
	call: Call,
	app: App,
	own: OpenNode,
	names: readonly string[],
): Promise<AppNodes["nodes"]> {
	const request: FunctionsRequest = {
		...{ kind: "functions", app: app.id, lifetime: app.lifetimeId, names: [...names] },
	};
	const answers = await askOthers(call, request, readState);
	const states = new Map<string, NodeState | undefined>(answers.map(({ node, value }) => [node, value]));
	states.set(own.name, stateHere(call, app, names));
	const missing = new Map(answers.map((answer) => [answer.node, answer.missing]));
	const { presence } = own.nodes;
	const present = presence.list();
	const progressOf = (info: NodeInfo): Progress | undefined =>
		states.get(info.node)?.progress ?? shownProgress(info, app.id);
	const newest = Math.max(app.eventRevision, ...present.map((info) => progressOf(info)?.revision ?? 0));
	const found = present.map((info) => {
		const { failed, phase, revision } = rolloutStatusOf(info, {
			app: app.id,
			newest,
			progress: progressOf(info),
		});
		return {
			...{ node: info.node, self: info.node === own.name, version: info.version, phase, revision },
			...{ failed: [...failed], missing: missing.get(info.node) ?? null },
			functions: states.get(info.node)?.functions ?? [],
		};
	});
	const silent = presence.silent().map((node) => ({
		...{ node, self: false, version: "", phase: "silent" as const, revision: null },
		...{ failed: [], missing: "silent" as const, functions: [] },
	}));
	return [...found, ...silent];
}

export const readNodes: Endpoint = {
	summary: "Read how far each node is with an app, and how functions are on it",
	query: [{ name: "function", required: false, schema: { type: "array", items: TEXT } }],
	answer: answerOf("The nodes", json(appNodesSchema)),
	refuses: [400],
	handle: async (call) => {
		const { core, url } = call;
		const app = appOf(call);
		const named = url.searchParams.getAll("function");
		if (named.length > FUNCTIONS_MAX) throw invalid(`Give at most ${FUNCTIONS_MAX} functions.`);
		const names = [...new Set(named)];
		checkFunctions(app, names);
		const { node } = core;
		if (node !== undefined)
			return Response.json({ nodes: await nodesOf(call, app, node, names) } satisfies AppNodes);
		const single = {
			...{ node: "", self: true, version: core.info.version, phase: "followed" as const, failed: [] },
			...{ revision: app.eventRevision, missing: null, functions: functionsHere(call, app, names) },
		};
		return Response.json({ nodes: [single] } satisfies AppNodes);
	},
};
