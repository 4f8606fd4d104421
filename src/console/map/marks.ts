/** What is remarkable about the nodes of the map. Pure. */
import { isPending, type Progress } from "../data/rollout.ts";
import { type Edge, type Graph, type GraphNode, nodesOf, type Reason } from "./graph.ts";

export const MARKS = ["missing", "unread", "dynamic", "pending", "failed"] as const;
export type Mark = (typeof MARKS)[number];

export type ProgressOf = ReadonlyMap<string, Progress>;

type FunctionEntry = Extract<GraphNode, { kind: "function" }>["entry"];

/**
 * Whether a function does not run, or not as its last change wanted.
 * @param now what happened to it since the page was opened. Before that, its entry has an error if its last start failed
 */
export const hasFailed = (
	{ error, state }: Pick<FunctionEntry, "error" | "state">,
	now: Progress | undefined,
): boolean => state === "failed" || (now === undefined ? error !== undefined : now.phase === "failed");

const TESTS: Readonly<Record<Mark, (node: GraphNode, progress: ProgressOf) => boolean>> = {
	missing: (node) => node.kind === "secret" && node.presence === "missing",
	unread: (node) => node.kind === "secret" && node.isUnread,
	dynamic: (node) => node.kind === "function" && node.isDynamic,
	pending: (node, progress) => node.kind === "function" && isPending(progress.get(node.name)),
	failed: (node, progress) => node.kind === "function" && hasFailed(node.entry, progress.get(node.name)),
};

export const hasMark = (node: GraphNode, mark: Mark, progress: ProgressOf): boolean =>
	TESTS[mark](node, progress);

/** How many nodes have each mark. */
export function countMarks(graph: Graph, progress: ProgressOf): Readonly<Record<Mark, number>> {
	const nodes = nodesOf(graph);
	const count = (mark: Mark) => nodes.filter((node) => hasMark(node, mark, progress)).length;
	return Object.fromEntries(MARKS.map((mark) => [mark, count(mark)])) as Record<Mark, number>;
}

const STATE_TEXT = { live: "running", idle: "idle", failed: "failed" } as const;
const PHASE_TEXT: Readonly<Record<Progress["phase"], string>> = {
	planned: "will be redeployed",
	starting: "starting",
	serving: "serving the new version",
	drained: "serving the new version",
	failed: "failed",
	stopped: "idle",
	deleted: "deleted",
};

/** The state of a function in words: what it is doing now, otherwise how it is. */
export function functionStateText(
	node: Extract<GraphNode, { kind: "function" }>,
	progress: ProgressOf,
): string {
	const now = progress.get(node.name);
	if (now !== undefined && (isPending(now) || now.phase === "failed")) return PHASE_TEXT[now.phase];
	if (now !== undefined && node.entry.state === "live") return PHASE_TEXT[now.phase];
	const { error, state } = node.entry;
	return state !== "failed" && error !== undefined
		? `${STATE_TEXT[state]}, last start failed`
		: STATE_TEXT[state];
}

const PRESENCE_TEXT = {
	stored: "",
	missing: "not in the vault",
	optional: "not in the vault, and not needed",
	pattern: "prefix that no secret has",
	unknown: "referenced",
} as const;

/** What is special about a node, in words; empty if nothing is. */
export function nodeStateText(node: GraphNode, progress: ProgressOf): string {
	if (node.kind === "function") {
		const state = functionStateText(node, progress);
		return node.isDynamic ? `${state}, may read any secret` : state;
	}
	return node.isUnread ? "no function reads it" : PRESENCE_TEXT[node.presence];
}

const HOW_TEXT = {
	static: "found in the code",
	declared: "declared in its settings",
	observed: "observed at run time",
	prefix: "reads names with this prefix",
} as const;

/** Why there is an edge, in words: `functions/pay/index.ts:3, found in the code`. */
export function reasonText({ how, file, line, prefix }: Reason): string {
	const place = file === "" ? "" : line > 0 ? `${file}:${line}` : file;
	const why = how === "prefix" ? `reads every name that begins with ${prefix?.slice(0, -1)}` : HOW_TEXT[how];
	return place === "" ? why : `${place}, ${why}`;
}

/** All reasons of an edge in one line, for screen readers. */
export const edgeText = ({ reasons }: Edge): string => reasons.map(reasonText).join("; ");
