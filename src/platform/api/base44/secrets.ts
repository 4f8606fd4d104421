/** The Base44 CLI's `secrets list | set | delete`: the secrets that the platform itself stores for the app. */
import { AppError, EXIT } from "../../../errors.ts";
import { MESSAGE_LIMITS } from "../../../protocol/messages.ts";
import type { SecretChange } from "../../../references/plan/plan.ts";
import type { App } from "../../apps/app.ts";
import { deleteLocal, localNames, setLocal } from "../../apps/local-secrets.ts";
import { appOf, type Call, type Handler, invalid, jsonOf } from "../endpoint.ts";
import { done } from "./answer.ts";

/** Shows nothing of a value, not even its length. */
const MASK = "••••";

export const list: Handler = (call) =>
	Response.json(Object.fromEntries(localNames(appOf(call).state).map((name) => [name, MASK])));

/** The values of a request. No message repeats them. @throws AppError `REQUEST_INVALID` (exit 2) */
function valuesOf(body: unknown): Map<string, string> {
	if (typeof body !== "object" || body === null || Array.isArray(body))
		throw invalid('The body must be an object of names and values, {"NAME": "value"}.');
	const values = new Map<string, string>();
	for (const [name, value] of Object.entries(body)) {
		if (typeof value !== "string") throw invalid("Every value must be a string. Nothing was set.");
		values.set(name, value);
	}
	return values;
}

export const set: Handler = async (call) => {
	const values = valuesOf(await jsonOf(call, MESSAGE_LIMITS.bodyBytes));
	const app = appOf(call);
	return await redeployChanged(call, app, await setLocal(app, values, authorOf(call)));
};

export const remove: Handler = async (call) => {
	const name = call.url.searchParams.get("secret_name");
	if (name === null) throw invalid("Give the secret: ?secret_name=NAME.");
	const app = appOf(call);
	return await redeployChanged(call, app, await deleteLocal(app, name, authorOf(call)));
};

function authorOf({ core, principal }: Call): { id: string; atMs: number } {
	return { id: principal?.id ?? "", atMs: Math.max(0, core.clock.now()) };
}

/** Redeploys the functions that read the changed secrets. Resolves when the redeploy has ended. */
async function redeployChanged(call: Call, app: App, changes: readonly SecretChange[]): Promise<Response> {
	const names = changes.map(({ name }) => name);
	if (changes.length === 0) return done();
	const { results, untouched } = await call.core.functionsOf(app).refresh(changes);
	const redeployed = results.map(({ function: name, status }) => ({ name, status }));
	call.core.log.info(
		{ app: app.id, names, redeployed, untouched: untouched.length, by: call.principal?.id },
		"secrets changed by the Base44 CLI",
	);
	const failed = results.filter(({ status }) => status === "failed");
	if (failed.length === 0) return done();
	throw new AppError({
		code: "REDEPLOY_FAILED",
		message: `The change is saved, but ${failed.map((result) => result.function).join(", ")} did not start with it${failed.every(({ serving }) => serving) ? "; the earlier deployment still serves requests" : ""}. ${failed[0]?.error ?? ""}`,
		hint: "Correct the function or the value, then deploy or set the value again.",
		exit: EXIT.failure,
	});
}
