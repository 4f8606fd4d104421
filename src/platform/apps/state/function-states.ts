/** The functions of an app: a fold over the app's events. */
import { hasSameSchedule } from "../../../modules/automations/schedule.ts";
import type { AppEvent } from "../../events/events.ts";
import { automationsOf, type Deployment } from "../../functions/function.ts";

export interface FunctionState {
	/** Id of the deployment that created the function. A later function of the same name has another. */
	readonly firstDeployment: string;
	readonly deployment: Deployment;
	/** Why its first deployment failed to start. Undefined once one has run. */
	readonly error: string | undefined;
	/** When each automation got its current schedule, by its name. Milliseconds since 1970. */
	readonly anchorsMs: ReadonlyMap<string, number>;
	/** The secrets that its processes get. Undefined: the present ones, as with one node. */
	readonly values?: RolloutState | undefined;
}

/** How far changes of secrets are rolled out to a function. Each is a revision of the app's log. */
export interface RolloutState {
	/** Its processes get the values of this revision. */
	readonly released: number;
	/** The last revision that a node has tried. After a failure it is higher than `released`. */
	readonly tried: number;
	/** The last revision that the next process has to try, because the function was idle when the change was made. */
	readonly due: number;
	/** Why it did not start with the last revision that was tried. Undefined if it did. */
	readonly error?: string | undefined;
}

type Functions = Map<string, FunctionState>;

/** Revisions of the app's log, if several nodes roll out its changes. */
export interface RolloutRevisions {
	/** The last one. */
	readonly newest: number;
	/** The last one whose rollout has ended. */
	readonly finished: number;
}

/** Applies an event to the functions of an app. Events that do not concern functions are ignored. */
export function applyToFunctions(functions: Functions, event: AppEvent, revisions?: RolloutRevisions): void {
	if (event.type === "deployed") {
		const { deployment, atMs } = event;
		const present = functions.get(deployment.function);
		const anchorsMs = anchorsOf(deployment, atMs, present);
		functions.set(deployment.function, {
			firstDeployment: present?.firstDeployment ?? deployment.id,
			deployment,
			error: undefined,
			anchorsMs,
			...(revisions !== undefined && { values: valuesOf(event, revisions, present) }),
		});
	} else if (event.type === "deploy-failed") {
		applyFailure(functions, event);
	} else if (event.type === "tried") {
		const { deployment, error, function: name, values } = event;
		if (functions.get(name)?.deployment.id === deployment)
			applyTrial(functions, name, values, { status: error === undefined ? "live" : "failed", error });
	} else if (event.type === "observed") {
		applyObserved(functions, event);
	} else if (event.type === "deleted") {
		for (const name of event.functions) functions.delete(name);
	}
}

function valuesOf(
	{ deployment, values }: Extract<AppEvent, { type: "deployed" }>,
	{ finished, newest }: RolloutRevisions,
	present: FunctionState | undefined,
): RolloutState {
	if (values === undefined && present?.deployment.id === deployment.id && present.values !== undefined)
		return present.values;
	const released = values ?? newest;
	// A later change may have been rolled out while this deployment was starting.
	const { due = 0, released: before = 0, tried = 0 } = present?.values ?? {};
	return { released, tried: released, due: Math.max(released, before, tried, due, finished) };
}

interface TrialResult {
	readonly status: "live" | "idle" | "failed";
	/** The function's own error. */
	readonly error?: string | undefined;
}

/** Applies the result of trying a function with the secrets of a revision. Does nothing with one node. */
export function applyTrial(
	functions: Functions,
	name: string,
	revision: number,
	{ error, status }: TrialResult,
): void {
	const present = functions.get(name);
	if (present?.values === undefined) return;
	const { due, released, tried } = present.values;
	const at = (before: number, ...statuses: string[]) =>
		statuses.includes(status) ? Math.max(before, revision) : before;
	functions.set(name, {
		...present,
		values: {
			...{ released: at(released, "live"), tried: at(tried, "live", "failed"), due: at(due, "idle") },
			error: status === "idle" ? present.values.error : error,
		},
	});
}

/**
 * A deployment that has run stays the current one. Without such a deployment, the failed one is stored and started
 * again later.
 */
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
