/** The routes for what observes the platform: whether a node takes requests, and which nodes there are. */
import * as z from "zod";
import { AppError, EXIT } from "../../../errors.ts";
import { type PlatformStatus, statusSchema } from "../../../protocol/nodes.ts";
import type { NodeInfo } from "../../nodes/announcement.ts";
import { type NodePhase, rolloutStatuses } from "../../nodes/rollout-status.ts";
import type { Core } from "../../service/core.ts";
import { countFunctions } from "../../service/node.ts";
import { answerOf, type Endpoint, json } from "../endpoint.ts";

type AppRolloutStatus = NonNullable<PlatformStatus["nodes"][number]["apps"]>[number];

/** What is worth a word about a node and an app. */
const SHOWN: ReadonlySet<NodePhase> = new Set(["trying", "following", "failed"]);
/** The most apps that are named of a node. */
const APPS_MAX = 100;
/** The time limit of the read that measures the store. */
const READ_MS = 2_000;

/** Whether a node takes requests. */
function isReady({ isStarting, isStopping, node, store }: Core): boolean {
	if (isStarting || isStopping || store.fault !== undefined) return false;
	return node === undefined || (node.nodes.presence.isConnected && node.nodes.mayServe);
}

export const ready: Endpoint = {
	summary: "Check whether this node takes requests",
	answer: answerOf("It does", json(z.object({ status: z.literal("ready") }))),
	refuses: [503],
	handle: ({ core }) => {
		if (isReady(core)) return Response.json({ status: "ready" });
		const { message, hint } = core.store.fault ?? {
			message: "it starts or stops, or it does not reach its store.",
			hint: "Use another node, or try again.",
		};
		throw new AppError({
			code: "NODE_NOT_READY",
			message: `This node takes no requests now: ${message}`,
			hint,
			exit: EXIT.network,
		});
	},
};

/** The apps with which each node is not as far as this one. */
function unfollowed({ apps }: Core, nodes: readonly NodeInfo[]): ReadonlyMap<string, AppRolloutStatus[]> {
	const found = new Map(nodes.map(({ node }) => [node, [] as AppRolloutStatus[]]));
	for (const { eventRevision, id } of apps.list()) {
		for (const { failed, node, phase } of rolloutStatuses(nodes, id, eventRevision)) {
			const list = found.get(node);
			if (list === undefined || !SHOWN.has(phase) || list.length === APPS_MAX) continue;
			list.push({ app: id, phase, failed: [...failed] });
		}
	}
	return found;
}

/** What is read from the store. Null if it does not answer in time. */
async function inTime<T>({ clock }: Core, reading: Promise<T>): Promise<T | null> {
	let cancel = () => {};
	const late = new Promise<null>((resolve) => {
		cancel = clock.schedule(() => resolve(null), READ_MS);
	});
	const read = await Promise.race([reading.catch(() => null), late]);
	cancel();
	return read;
}

/** How long the store takes to answer. Null if it does not. */
async function latencyOf(core: Core): Promise<number | null> {
	const { clock, store } = core;
	const sinceMs = clock.monotonicMs();
	return await inTime(
		core,
		store.readSeal().then(() => clock.monotonicMs() - sinceMs),
	);
}

export const status: Endpoint = {
	summary: "Show the nodes of the platform and the state of its store",
	answer: answerOf("The nodes and the store", json(statusSchema)),
	handle: async ({ core }) => {
		const { node, info } = core;
		const presence = node?.nodes.presence;
		const single = {
			...{ node: "", version: info.version, control: "", startedAtMs: core.startedAtMs, isStopping: false },
			...{
				platformRevision: core.tokens.revision,
				functions: countFunctions(core.samples()),
			},
		};
		const [latencyMs, backups] = await Promise.all([latencyOf(core), inTime(core, core.backups())]);
		const { fault } = core.store;
		const infos = presence?.list() ?? [];
		const behind = unfollowed(core, infos);
		const nodes = (presence === undefined ? [single] : infos).map((each) => ({
			node: each.node,
			self: node === undefined || each.node === node.name,
			version: each.version,
			control: each.control,
			startedAtMs: each.startedAtMs,
			stopping: each.isStopping,
			revision: each.platformRevision,
			functions: each.functions,
			apps: behind.get(each.node) ?? [],
		}));
		return Response.json({
			version: info.version,
			ready: isReady(core),
			store: {
				kind: core.storeKind,
				reachable: latencyMs !== null,
				latencyMs: latencyMs === null ? null : Math.round(latencyMs * 10) / 10,
				...(fault && { fault: { code: fault.code, message: fault.message, hint: fault.hint } }),
			},
			nodes,
			silent: presence?.silent() ?? [],
			backups,
		} satisfies PlatformStatus);
	},
};

/** Lets the answer to a request contain what every node has acknowledged. @throws AppError `NODE_CUT_OFF` (exit 6), and as `SealedStore.check` */
export async function catchUp({ node, store }: Core, app?: string): Promise<void> {
	if (node === undefined) store.check();
	else await node.nodes.catchUp(app);
}
