/** What the parts of a simulated cell cost, from what was measured and what is assumed. */
import type { Assumed } from "./assumptions.ts";
import { MEASURED } from "./measured.ts";

const DAY_MS = 86_400_000;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Times are in milliseconds, rates in events for each millisecond. */
export interface Costs {
	readonly cores: number;
	readonly gateways: number;
	/** The most processes of functions on a node. */
	readonly processesMax: number;
	readonly idleMs: number;
	readonly gatewayMs: number;
	readonly functionCpuMs: number;
	readonly functionWaitMs: number;
	readonly startControlMs: number;
	/** From the beginning of a start until the function serves. */
	readonly startMs: number;
	/** All processor time of a start. */
	readonly startCpuMs: number;
	readonly buildCpuMs: number;
	readonly changeControlMs: number;
	readonly deployControlMs: number;
	readonly automationControlMs: number;
	/** Calls of etcd for each. */
	readonly changeTransactions: number;
	readonly deployTransactions: number;
	readonly automationTransactions: number;
	readonly etcdMs: number;
	/** After a write of another node, all heads are read again. */
	readonly reloadControlMs: number;
	readonly reloadTransactions: number;
	/** A start of a node's control plane, without functions. */
	readonly openMs: number;
	/** For each app. */
	readonly changeRate: number;
	readonly deployRate: number;
	readonly automationRate: number;
	/** For each node. */
	readonly rolloutRate: number;
	readonly failureRate: number;
	readonly failoverMs: number;
}

/** What an app has, on average. */
export interface Content {
	readonly functions: number;
	readonly secrets: number;
	/** Changes in its log. */
	readonly changes: number;
	/** Recorded deployments of its functions. */
	readonly deployments: number;
	/** Recorded results of its changes. */
	readonly results: number;
	/** Bytes of blobs in etcd. */
	readonly blobBytes: number;
}

/** What an app has after the assumed time. The platform appends the result of each change as an event. */
export function contentOf(of: Assumed): Content {
	const changes = 1 + of.changesPerAppDay * of.days;
	const deployments = of.functionsPerApp + of.deploysPerAppDay * of.days;
	return {
		functions: of.functionsPerApp,
		secrets: of.secretsPerApp,
		changes,
		deployments,
		results: changes,
		blobBytes: of.blobsInEtcd * of.functionsPerApp * of.bundleKiB * 1024,
	};
}

/** The heap of a control plane, for each app of its cell, in bytes. */
export function heapPerApp({ changes, functions, secrets }: Content): number {
	const { app, change, deployedFunction, secret } = MEASURED.heap.value;
	return app + functions * deployedFunction + secrets * secret + (changes - 1) * change;
}

/** The processor time of a control plane's start, for each app of its cell. */
export function openMsPerApp({ secrets }: Content): number {
	const { app, secret } = MEASURED.openMs.value;
	return app + secrets * secret;
}

/** The bytes in etcd, for each app of a cell. */
export function etcdBytesPerApp(content: Content): number {
	const { app, secret } = MEASURED.checkpointBytes.value;
	return historyBytesPerApp(content) + app + content.secrets * secret;
}

/** The same without its checkpoint. */
export function historyBytesPerApp({ blobBytes, changes, deployments, results, secrets }: Content): number {
	const { app, change, deployed, result, secret } = MEASURED.etcdBytes.value;
	return (
		app + secrets * secret + (changes - 1) * change + deployments * deployed + results * result + blobBytes
	);
}

/** The memory of a node that is left for functions, in processes. */
export function processesPerNode(of: Assumed, apps: number): number {
	const own =
		MEASURED.baseMiB.value * MIB + heapPerApp(contentOf(of)) * MEASURED.residentPerHeap.value * apps;
	return Math.max(1, Math.floor((of.nodeGiB * GIB - own) / (of.processMiB * MIB)));
}

/** The costs in a cell with so many apps. */
export function costsOf(of: Assumed, apps: number): Costs {
	const streams = 2 * apps * of.rereads;
	const perDay = (times: number) => times / DAY_MS;
	return {
		cores: of.nodeCores,
		gateways: Math.max(1, Math.floor(of.nodeCores / 2)),
		processesMax: processesPerNode(of, apps),
		idleMs: MEASURED.idleMs.value,
		gatewayMs: MEASURED.gatewayMs.value,
		functionCpuMs: of.functionCpuMs,
		functionWaitMs: of.functionWaitMs,
		startControlMs: MEASURED.startControlMs.value,
		startMs: MEASURED.startMs.value,
		startCpuMs: MEASURED.startCpuMs.value,
		buildCpuMs: MEASURED.buildCpuMs.value,
		changeControlMs: MEASURED.changeMs.value,
		deployControlMs: MEASURED.deployedMs.value,
		automationControlMs: MEASURED.deployedMs.value,
		...MEASURED.transactions.value,
		etcdMs: MEASURED.etcdMs.value,
		reloadControlMs: MEASURED.reloadMsPerStream.value * streams,
		reloadTransactions: MEASURED.reloadTransactionsPerStream.value * streams,
		openMs: openMsPerApp(contentOf(of)) * apps,
		changeRate: perDay(of.changesPerAppDay * of.peak),
		deployRate: perDay(of.deploysPerAppDay * of.peak),
		automationRate: perDay(of.cronRunsPerAppDay),
		rolloutRate: perDay(of.rolloutsPerWeek / 7),
		failureRate: perDay(of.nodeFailuresPerYear / 365),
		failoverMs: of.failoverSeconds * 1_000,
	};
}
