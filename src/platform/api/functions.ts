/** The routes that list and delete functions. */
import { type FunctionList, functionListSchema } from "../../protocol/function-list.ts";
import { operationHash } from "../functions/function.ts";
import { functionNotFound } from "../redeploy/starts/not-found.ts";
import type { AutomationStatus } from "../schedule/automations.ts";
import { answerOf, appOf, type Endpoint, invalid, json, TEXT, urlOf } from "./endpoint.ts";
import { eventsOf } from "./nodes/node-events.ts";
import { answerDeletion, deletionAnswers, WAIT } from "./nodes/waiting.ts";

const ERROR_CHARACTERS_MAX = 32 * 1024;

export const listFunctions: Endpoint = {
	summary: "List an app's functions",
	query: [{ name: "files", required: false, schema: { type: "boolean" } }],
	answer: answerOf("The functions", json(functionListSchema)),
	handle: (call) => {
		const app = appOf(call);
		const running = call.core.functionsOf(app);
		const hasFiles = call.url.searchParams.get("files") === "true";
		const functions = [...app.state.functions]
			.sort(([a], [b]) => (a < b ? -1 : 1))
			.map(([name, known]) => {
				const supervisor = running.findSupervisor(name);
				// Another node may have tried the newest values.
				const fault = supervisor?.error ?? known.error ?? known.values?.error;
				const error = fault?.slice(0, ERROR_CHARACTERS_MAX);
				const { id, bundle, references, dynamic, seen = [], settings, source, sources } = known.deployment;
				return {
					name,
					url: urlOf(call.listenUrl, app.id, name),
					state: supervisor?.state ?? ("failed" as const),
					pid: supervisor?.instance?.pid ?? null,
					deployment: id,
					references,
					dynamic,
					excluded: [...(settings?.secrets?.exclude ?? [])],
					seen: [...seen],
					...(hasFiles
						? {
								files: sources?.files.map(([path, hash]): [string, string] => [path, hash]),
								settings: { ...settings },
								source,
								bundle,
								operation: operationHash(known.deployment),
							}
						: {}),
					automations: call.core.automations.of(app.id, name).map(automationInfo),
					...(supervisor?.replaced === undefined ? {} : { replaced: supervisor.replaced }),
					...(error === undefined ? {} : { error }),
				};
			});
		const { limits, network } = call.core.runtime;
		const list: FunctionList = {
			functions,
			...(hasFiles ? { conditions: [...call.core.deployer.conditions] } : {}),
			unbounded: [...limits.missing],
			network: { wall: network.isolation, missing: [...network.missing] },
		};
		return Response.json(list);
	},
};

function automationInfo({ automation, nextMs, lastDueMs, runs }: AutomationStatus) {
	const { name, type, is_active: active = true } = automation;
	return { name, type, active, nextMs: nextMs ?? null, lastMs: lastDueMs ?? null, runs };
}

export const deleteFunctions: Endpoint = {
	summary: "Delete functions: all that are named, or none",
	query: [{ name: "name", required: true, schema: { type: "array", items: TEXT } }, WAIT],
	...deletionAnswers,
	refuses: [400],
	handle: async (call) => {
		const app = appOf(call);
		const names = call.url.searchParams.getAll("name");
		if (names.length === 0)
			throw invalid("Give the functions to delete: ?name=NAME, once for each function.");
		const functions = call.core.functionsOf(app);
		// Before an answer begins, so that its status says so.
		const unknown = names.filter((name) => !app.state.functions.has(name));
		if (unknown.length > 0) throw functionNotFound(unknown);
		return await answerDeletion(call, async () => {
			await functions.delete(names);
			return eventsOf(app);
		});
	},
};
