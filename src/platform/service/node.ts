/** Makes a core one of several nodes, if its store is shared. */
import type { App } from "../apps/app.ts";
import { type NodeInfo, PROGRESS_MAX } from "../nodes/announcement.ts";
import { NodeCalls } from "../nodes/calls/calls.ts";
import { Nodes } from "../nodes/nodes.ts";
import { anyServes } from "../nodes/presence.ts";
import type { AppFunctions } from "../redeploy/reconcile.ts";
import { Rollouts } from "../redeploy/rollout/rollouts.ts";
import { sharedStore } from "../store/several-nodes.ts";
import type { Store } from "../store/store.ts";
import type { FunctionSample } from "../telemetry/metrics.ts";
import type { CoreOptions } from "./core-options.ts";
import type { Streams } from "./streams.ts";

/** The lease of a node that removes blobs which no function uses. */
const REMOVING_BLOBS = "removing-blobs";
const REMOVING_BLOBS_MS = 60_000;
const STALE_AFTER_MS = 300_000;

/** This node, and what it shows to the others. */
export interface OpenNode {
	readonly name: string;
	readonly nodes: Nodes;
	/**
	 * Shows the URL of the control API, once it is known.
	 * @param address the URL under which other nodes reach it. Undefined if there is none
	 */
	showControl(url: string, address: string | undefined): Promise<void>;
}

/**
 * Whether no other platform can be storing blobs. With a shared store, other nodes that start then wait for `openNode`'s
 * `start`.
 */
export async function mayRemoveBlobs(store: Store): Promise<boolean> {
	const shared = sharedStore(store);
	if (shared === undefined) return true;
	if (!(await shared.lease(REMOVING_BLOBS, shared.node, REMOVING_BLOBS_MS))) return false;
	return !(await anyServes(shared));
}

type NodeOptions = Pick<CoreOptions, "clock" | "identity" | "log" | "staleAfterMs" | "store" | "version">;

/** What a node needs of its core. */
export interface NodeCore {
	functionsOf(app: App): AppFunctions;
	running(): Iterable<AppFunctions>;
	samples(): Iterable<FunctionSample>;
}

/** How many functions are in each state. */
export function countFunctions(samples: Iterable<FunctionSample>): NodeInfo["functions"] {
	const counts = { live: 0, idle: 0, failed: 0 };
	for (const { state } of samples) counts[state]++;
	return counts;
}

/**
 * @param sealed takes leases, unless the store is another one
 * @param nodes the nodes, once they are open
 */
export function rolloutsOf(
	{ clock, store }: Pick<NodeOptions, "clock" | "store">,
	sealed: Streams["store"],
	nodes: () => Nodes | undefined,
): Rollouts | undefined {
	const shared = sharedStore(store);
	if (shared === undefined) return undefined;
	return new Rollouts({
		...{ store: sealed, node: shared.node, schedule: clock.schedule },
		term: () => nodes()?.term,
		prepareLease: (ttlMs) => {
			if (sealed.fault === undefined) shared.prepareLease(ttlMs);
		},
		onChange: () => void nodes()?.presence.refresh(),
	});
}

/** The apps of which this node tries functions, at most as many as it shows. */
function triedApps(running: Iterable<AppFunctions>): string[] {
	const tried = [...running].flatMap((functions) => (functions.isTrying() ? [functions.app.id] : []));
	return tried.slice(0, PROGRESS_MAX);
}

/** The node of a core. It shows itself once it is started. Undefined if the store is not shared. */
export function openNode(options: NodeOptions, streams: Streams, core: NodeCore): OpenNode | undefined {
	const store = sharedStore(options.store);
	if (store === undefined) return undefined;
	const { clock, identity, log, version } = options;
	const startedAtMs = Math.max(0, clock.now());
	let [control, address] = ["", ""];
	const calls = new NodeCalls(store.node, identity.stateKey, clock);
	const { apps, hosts, store: sealed, tokens } = streams;
	const describe = (): Omit<NodeInfo, "node" | "progress" | "isStopping" | "platformFollowed"> => ({
		version,
		control,
		address,
		ticket: calls.ticket(),
		startedAtMs,
		platformRevision: tokens.revision,
		functions: countFunctions(core.samples()),
		trying: triedApps(core.running()),
	});
	const nodes = new Nodes({
		...{ apps, hosts, tokens, store, sealed, clock, log, describe, calls },
		node: store.node,
		key: identity.stateKey,
		staleAfterMs: options.staleAfterMs ?? STALE_AFTER_MS,
		functionsOf: (app) => core.functionsOf(app),
		running: () => core.running(),
	});
	return {
		name: store.node,
		nodes,
		showControl: async (url, reachable = "") => {
			[control, address] = [url, reachable];
			await nodes.presence.refresh();
		},
	};
}

/** Shows a node, and lets other nodes remove blobs. @throws AppError if the store does not answer */
export async function startNode({
	node,
	store,
}: {
	readonly node: OpenNode | undefined;
	readonly store: Store;
}): Promise<void> {
	if (node === undefined) return;
	await node.nodes.start();
	await store.release(REMOVING_BLOBS, node.name);
}
