/**
 * Which functions an app has: a fold over its events.
 */
import { hasSameSchedule } from "../../modules/automations/schedule.ts";
import type { AppEvent } from "../events/events.ts";
import { automationsOf, type Deployment } from "../functions/function.ts";

export interface FunctionState {
	/** Id of the deployment with which the function began: a later one of the same name has another. */
	readonly firstDeployment: string;
	readonly deployment: Deployment;
	/** Why its first deployment did not start; undefined for one that ran once. */
	readonly error: string | undefined;
	/** When each automation, by its name, got the rhythm that it has; milliseconds since 1970. */
	readonly anchorsMs: ReadonlyMap<string, number>;
}

type Functions = Map<string, FunctionState>;

/** Takes in an event, as far as it concerns which functions there are. */
export function applyToFunctions(functions: Functions, event: AppEvent): void {
	if (event.type === "deployed") {
		const { deployment, atMs } = event;
		const present = functions.get(deployment.function);
		const anchorsMs = anchorsOf(deployment, atMs, present);
		functions.set(deployment.function, {
			firstDeployment: present?.firstDeployment ?? deployment.id,
			deployment,
			error: undefined,
			anchorsMs,
		});
	} else if (event.type === "deploy-failed") {
		applyFailure(functions, event);
	} else if (event.type === "observed") {
		applyObserved(functions, event);
	} else if (event.type === "deleted") {
		for (const name of event.functions) functions.delete(name);
	}
}

/** A version that ran stays the present one; without one, the failed one is kept, to be tried again. */
function applyFailure(
	functions: Functions,
	{ deployment, error, atMs }: Extract<AppEvent, { type: "deploy-failed" }>,
): void {
	const present = functions.get(deployment.function);
	if (present !== undefined && present.error === undefined) return;
	const anchorsMs = anchorsOf(deployment, atMs, present);
	functions.set(deployment.function, {
		firstDeployment: present?.firstDeployment ?? deployment.id,
		deployment,
		error,
		anchorsMs,
	});
}

function anchorsOf(
	deployment: Deployment,
	atMs: number,
	before: FunctionState | undefined,
): ReadonlyMap<string, number> {
	const known = new Map(
		before && automationsOf(before.deployment).map((automation) => [automation.name, automation]),
	);
	const anchors = automationsOf(deployment).map((automation): [string, number] => {
		const { name } = automation;
		const same = known.get(name);
		const isKept = same !== undefined && hasSameSchedule(same, automation);
		return [name, (isKept ? before?.anchorsMs.get(name) : undefined) ?? atMs];
	});
	return new Map(anchors);
}

function applyObserved(functions: Functions, event: Extract<AppEvent, { type: "observed" }>): void {
	const present = functions.get(event.function);
	if (present?.deployment.id !== event.deployment) return;
	const known = new Set(present.deployment.references.map((reference) => reference.name));
	const references = event.references.filter((reference) => !known.has(reference.name));
	const deployment = {
		...present.deployment,
		references: [...present.deployment.references, ...references],
		seen: [...new Set([...(present.deployment.seen ?? []), ...event.seen])].sort(),
	};
	functions.set(event.function, { ...present, deployment });
}
