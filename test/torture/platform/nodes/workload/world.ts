/** What workers and faults share: the nodes, the members of etcd, the network, and what was seen. */
import type { EtcdCluster } from "../../../../platform/store/etcd/cluster.ts";
import type { Random } from "../../../random.ts";
import type { Machine, TestNetwork } from "../cluster/network.ts";
import type { TestNode } from "../cluster/test-node.ts";
import type { Collector } from "./collector.ts";
import { ControlClient } from "./control-client.ts";
import type { AppLedger } from "./ledger.ts";

/** A time in which a node could not reach the store. */
export interface Cut {
	readonly node: number;
	readonly fromMs: number;
	toMs: number;
}

export class World {
	readonly random: Random;
	readonly network: TestNetwork;
	readonly members: EtcdCluster;
	readonly memberMachines: readonly Machine[];
	readonly nodes: readonly TestNode[];
	readonly collector: Collector;
	readonly shop: AppLedger;
	readonly gate: AppLedger;
	readonly staleAfterMs: number;
	token = "";
	/** The name of each node, as the platform names it. */
	readonly names: string[] = [];
	readonly failures: string[] = [];
	readonly tally: Record<string, number> = {};
	cuts: Cut[] = [];
	/** Called with the node to which each change is sent. */
	onSend: (node: number) => void = () => {};

	constructor(
		parts: Pick<
			World,
			| "random"
			| "network"
			| "members"
			| "memberMachines"
			| "nodes"
			| "collector"
			| "shop"
			| "gate"
			| "staleAfterMs"
		>,
	) {
		this.random = parts.random;
		this.network = parts.network;
		this.members = parts.members;
		this.memberMachines = parts.memberMachines;
		this.nodes = parts.nodes;
		this.collector = parts.collector;
		this.shop = parts.shop;
		this.gate = parts.gate;
		this.staleAfterMs = parts.staleAfterMs;
	}

	client(node: number, app: string, token = this.token): ControlClient {
		return new ControlClient((this.nodes[node] as TestNode).control, token, app);
	}

	anyNode(): number {
		return this.random.int(this.nodes.length);
	}

	count(what: string, by = 1): void {
		this.tally[what] = (this.tally[what] ?? 0) + by;
	}

	fail(what: string): void {
		this.failures.push(what);
	}

	/** Marks that nodes cannot reach the store from now on. @returns a function that ends it */
	cut(nodes: readonly number[]): () => void {
		const fromMs = performance.now();
		const cuts = nodes.map((node): Cut => ({ node, fromMs, toMs: Number.POSITIVE_INFINITY }));
		this.cuts.push(...cuts);
		return () => {
			for (const cut of cuts) cut.toMs = performance.now();
		};
	}
}
