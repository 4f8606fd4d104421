/** How far each node is with an app, as far as the nodes show it. Pure. */
import { type NodeInfo, PROGRESS_MAX, type Progress } from "./announcement.ts";

/**
 * `trying`: the node starts functions with values or versions that the others do not have yet. `following`: it has not
 * followed the last step. `followed`: it has. `failed`: it has, and functions did not start there. `unknown`: it does
 * not show the app, because others changed later. `stopping`: it takes no new requests.
 */
export type NodePhase = "trying" | "following" | "followed" | "failed" | "stopping" | "unknown";

export interface RolloutStatus {
	readonly node: string;
	readonly phase: NodePhase;
	/** The last event of the app that it has followed. Null if that is not known. */
	readonly revision: number | null;
	/** The functions that did not start there. */
	readonly failed: readonly string[];
}

/** What a node shows of an app. */
export function shownProgress({ progress }: NodeInfo, app: string): Progress | undefined {
	return progress.find((each) => each.app === app);
}

/**
 * @param progress how far it has followed the app. Undefined: it does not say so
 * @param newest the last event of the app
 */
export function rolloutStatusOf(
	info: NodeInfo,
	{
		app,
		newest,
		progress,
	}: { readonly app: string; readonly newest: number; readonly progress: Progress | undefined },
): RolloutStatus {
	const { failed = [], revision = null } = progress ?? {};
	const phase = (): NodePhase => {
		if (info.isStopping) return "stopping";
		if (info.trying.includes(app)) return "trying";
		if (revision === null) return info.progress.length < PROGRESS_MAX ? "following" : "unknown";
		if (revision < newest) return "following";
		return failed.length > 0 ? "failed" : "followed";
	};
	return { node: info.node, phase: phase(), revision, failed };
}

/**
 * How far all nodes are with an app.
 * @param known the last event of the app that this node knows
 */
export function rolloutStatuses(nodes: readonly NodeInfo[], app: string, known: number): RolloutStatus[] {
	const newest = Math.max(known, ...nodes.map((info) => shownProgress(info, app)?.revision ?? 0));
	return nodes.map((info) => rolloutStatusOf(info, { app, newest, progress: shownProgress(info, app) }));
}
