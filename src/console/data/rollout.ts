/** Folds the events of an app into what the pages show of its changes. Pure. */
import type { AppEventMessage } from "../../protocol/console.ts";

type FunctionEvent = Extract<AppEventMessage, { type: "function" }>;
type NodeEvent = Extract<AppEventMessage, { type: "node" }>;

/** `planned`: a change is accepted, and the function will be redeployed for it. The others are as in the protocol. */
export type Phase = "planned" | FunctionEvent["phase"];

/** Phases in which something is still to come. */
const PENDING: readonly Phase[] = ["planned", "starting"];

export interface Progress {
	readonly phase: Phase;
	readonly atMs: number;
	readonly error?: string;
	/** The revision of the change that it was planned for; undefined if the function changed for another reason. */
	readonly revision?: number;
}

export interface Change {
	readonly revision: number;
	readonly names: readonly string[];
	readonly planned: readonly string[];
	readonly atMs: number;
}

/** How far a node is with the app. */
export type NodeRolloutStatus = Pick<NodeEvent, "failed"> & {
	readonly phase: Exclude<NodeEvent["phase"], "gone">;
};

export interface Rollouts {
	/** The newest changes, the last one first. */
	readonly changes: readonly Change[];
	/** What happened last to each function since the page was opened. */
	readonly progress: ReadonlyMap<string, Progress>;
	/** The nodes, if the platform has several. */
	readonly nodes: ReadonlyMap<string, NodeRolloutStatus>;
	readonly revision: number;
}

export const NO_ROLLOUTS: Rollouts = { changes: [], progress: new Map(), nodes: new Map(), revision: 0 };
const CHANGES_MAX = 20;

export const isPending = (progress: Progress | undefined): boolean =>
	progress !== undefined && PENDING.includes(progress.phase);

function withChange(rollouts: Rollouts, { revision, names, planned, atMs }: Change): Rollouts {
	const progress = new Map(rollouts.progress);
	for (const name of planned) progress.set(name, { phase: "planned", atMs, revision });
	const changes = [{ revision, names, planned, atMs }, ...rollouts.changes].slice(0, CHANGES_MAX);
	return { ...rollouts, changes, progress, revision: Math.max(revision, rollouts.revision) };
}

function withFunction(rollouts: Rollouts, event: FunctionEvent): Rollouts {
	const before = rollouts.progress.get(event.function);
	// The end of an earlier process says nothing about the one that starts now.
	if (event.phase === "drained" && before !== undefined && before.phase !== "serving") return rollouts;
	const progress = new Map(rollouts.progress);
	if (event.phase === "deleted") progress.delete(event.function);
	else
		progress.set(event.function, {
			phase: event.phase,
			atMs: event.atMs,
			...(event.error !== undefined && { error: event.error }),
			...(before?.revision !== undefined && { revision: before.revision }),
		});
	return { ...rollouts, progress };
}

/** What was pending when the connection broke may have ended unseen. The list of functions says what is so now. */
function withHello(rollouts: Rollouts, revision: number): Rollouts {
	const progress = new Map([...rollouts.progress].filter(([, each]) => !isPending(each)));
	return { ...rollouts, progress, nodes: new Map(), revision };
}

function withNode(rollouts: Rollouts, { failed, node, phase }: NodeEvent): Rollouts {
	const nodes = new Map(rollouts.nodes);
	if (phase === "gone") nodes.delete(node);
	else nodes.set(node, { phase, failed });
	return { ...rollouts, nodes };
}

/** What a node does, as the reader sees it: while one node tries a change, the others wait for it. */
export function shownPhase(
	{ phase }: NodeRolloutStatus,
	nodes: ReadonlyMap<string, NodeRolloutStatus>,
): NodeRolloutStatus["phase"] | "waiting" {
	const isTried = [...nodes.values()].some((each) => each.phase === "trying");
	return isTried && (phase === "followed" || phase === "following") ? "waiting" : phase;
}

/** The state after an event. An event of a kind that this version does not know changes nothing. */
export function foldEvent(rollouts: Rollouts, event: AppEventMessage): Rollouts {
	switch (event.type) {
		case "hello":
			return withHello(rollouts, event.revision);
		case "change":
			return withChange(rollouts, event);
		case "function":
			return withFunction(rollouts, event);
		case "node":
			return withNode(rollouts, event);
		default:
			return rollouts;
	}
}

/** How far a change is: the count of its functions in each state. */
export interface Tally {
	readonly planned: number;
	readonly starting: number;
	readonly done: number;
	readonly failed: number;
}

/** Counts the functions of a change. One that a later change has taken over counts as done. */
export function tallyOf(change: Change, { progress }: Rollouts): Tally {
	const tally = { planned: 0, starting: 0, done: 0, failed: 0 };
	for (const name of change.planned) {
		const now = progress.get(name);
		const own = now?.revision === change.revision ? now.phase : undefined;
		if (own === "planned" || own === "starting" || own === "failed") tally[own]++;
		else tally.done++;
	}
	return tally;
}
