/** How many apps fit into a cell, by each of its resources, and how many nodes a cell and how many cells all apps need. */
import type { Assumed } from "./assumptions.ts";
import { contentOf, costsOf, etcdBytesPerApp, heapPerApp, openMsPerApp, processesPerNode } from "./costs.ts";
import { type Demand, drawApps, meanDemand } from "./draw.ts";
import { MEASURED } from "./measured.ts";

/** More apps than in a cell, so that the few with most requests change little from seed to seed. */
const DRAWN_APPS = 100_000;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** A resource of a cell that more nodes do not add to. */
export interface CellLimit {
	readonly resource: string;
	/** The most apps of a cell that it allows. */
	readonly appsMax: number;
}

/** A resource of nodes: how much of one node the apps of a cell need. */
export interface NodeNeed {
	readonly resource: string;
	/** In nodes, with a part of each left free. */
	readonly nodes: number;
}

export interface Sizing {
	/** The tightest is the first. */
	readonly limits: readonly CellLimit[];
	readonly needs: readonly NodeNeed[];
	readonly apps: number;
	/** One more than the needs say, so that a node may fail. */
	readonly nodes: number;
	readonly cells: number;
}

/** The part of one control plane's time that its writes take, in a cell with so many apps and nodes. */
function controlUse(of: Assumed, apps: number, nodes: number): number {
	const costs = costsOf(of, apps);
	const foreign = ((nodes - 1) / nodes) * costs.reloadControlMs;
	const each =
		costs.changeRate * (costs.changeControlMs + foreign) +
		costs.deployRate * (costs.deployControlMs + foreign) +
		costs.automationRate * (costs.automationControlMs + foreign);
	return (each * apps) / nodes;
}

function etcdUse(of: Assumed, apps: number, nodes: number): number {
	const costs = costsOf(of, apps);
	const foreign = ((nodes - 1) / nodes) * costs.reloadTransactions;
	const each =
		costs.changeRate * (costs.changeTransactions + foreign) +
		costs.deployRate * (costs.deployTransactions + foreign) +
		costs.automationRate * (costs.automationTransactions + foreign);
	return each * apps * costs.etcdMs;
}

/** The most apps for which a growing use stays below a limit. */
function mostApps(use: (apps: number) => number, limit: number): number {
	let [low, high] = [0, 1];
	while (use(high) <= limit && high < 1e9) high *= 2;
	while (high - low > 1) {
		const middle = Math.floor((low + high) / 2);
		if (use(middle) <= limit) low = middle;
		else high = middle;
	}
	return low;
}

/** What limits the apps of a cell with so many nodes, the tightest first. */
export function cellLimits(of: Assumed, nodes: number): CellLimit[] {
	const { full } = of;
	const limits = [
		{ resource: "apps that a platform accepts (APPS_MAX)", appsMax: MEASURED.appsMax.value },
		{ resource: "etcd: bytes", appsMax: (of.quotaGiB * GIB * full) / etcdBytesPerApp(contentOf(of)) },
		{ resource: "etcd: transactions", appsMax: mostApps((apps) => etcdUse(of, apps, nodes), full) },
		{
			resource: "control plane: heap",
			appsMax: (MEASURED.heapLimitMiB.value * MIB * full) / heapPerApp(contentOf(of)),
		},
		{ resource: "control plane: writes", appsMax: mostApps((apps) => controlUse(of, apps, nodes), full) },
		{
			resource: "control plane: time of a start",
			appsMax: (of.startSecondsMax * 1_000) / openMsPerApp(contentOf(of)),
		},
	];
	return limits
		.map(({ resource, appsMax }) => ({ resource, appsMax: Math.floor(appsMax) }))
		.sort((a, b) => a.appsMax - b.appsMax);
}

/** Drawn once for the same traffic, because a table of sensitivities asks for it again and again. */
const demands = new Map<string, Demand>();

function demandOf(of: Assumed, idleMs: number, seed: number): Demand {
	const key = [of.functionsPerApp, of.requestsPerAppDay * of.peak, of.trafficSigma, idleMs, seed].join(" ");
	const known = demands.get(key);
	if (known !== undefined) return known;
	const demand = meanDemand(drawApps(DRAWN_APPS, seed, of), idleMs);
	demands.set(key, demand);
	return demand;
}

/** What the apps of a cell need of nodes, the most first. */
export function nodeNeeds(of: Assumed, apps: number, seed: number): NodeNeed[] {
	const costs = costsOf(of, apps);
	const each = demandOf(of, costs.idleMs, seed);
	const { full } = of;
	const cores =
		each.requests * (costs.gatewayMs + of.functionCpuMs) +
		(each.coldStarts + costs.changeRate) * costs.startCpuMs +
		costs.deployRate * costs.buildCpuMs;
	return [
		{
			resource: "nodes: memory of functions",
			nodes: (each.running * apps) / (processesPerNode(of, apps) * full),
		},
		{ resource: "nodes: processors", nodes: (cores * apps) / (costs.cores * full) },
		{
			resource: "nodes: gateways",
			nodes: (each.requests * apps * costs.gatewayMs) / (costs.gateways * full),
		},
	].sort((a, b) => b.nodes - a.nodes);
}

/** The size of the cells for all apps. @param seed of the apps that are drawn for the mean demand */
export function sizingOf(of: Assumed, seed: number): Sizing {
	let nodes = of.cellNodes || 2;
	for (;;) {
		const limits = cellLimits(of, nodes);
		const apps = Math.max(1, Math.min(of.apps, of.cellApps || (limits[0]?.appsMax ?? 1)));
		const needs = nodeNeeds(of, apps, seed);
		const wanted = Math.ceil(needs[0]?.nodes ?? 1) + 1;
		// More nodes can lower what a cell allows, which lowers the nodes again. So the number only grows here.
		if (of.cellNodes > 0 || wanted <= nodes)
			return { limits, needs, apps, nodes, cells: Math.ceil(of.apps / apps) };
		nodes = wanted;
	}
}
