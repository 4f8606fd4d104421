/**
 * Which functions an app has: a fold over its events.
 */
import type { AppEvent } from "./events.ts";
import type { Deployment } from "./function.ts";

export interface FunctionState {
	readonly deployment: Deployment;
	/** Why its first deployment did not start; undefined for one that ran once. */
	readonly error: string | undefined;
}

type Functions = Map<string, FunctionState>;

/** Takes in an event, as far as it concerns which functions there are. */
export function applyToFunctions(functions: Functions, event: AppEvent): void {
	if (event.type === "deployed") {
		const { deployment } = event;
		functions.set(deployment.function, { deployment, error: undefined });
	} else if (event.type === "deploy-failed") {
		applyFailure(functions, event.deployment, event.error);
	} else if (event.type === "observed") {
		applyObserved(functions, event);
	} else if (event.type === "deleted") {
		for (const name of event.functions) functions.delete(name);
	}
}

/** A version that ran stays the present one; without one, the failed one is kept, to be tried again. */
function applyFailure(functions: Functions, deployment: Deployment, error: string): void {
	const present = functions.get(deployment.function);
	if (present !== undefined && present.error === undefined) return;
	functions.set(deployment.function, { deployment, error });
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
