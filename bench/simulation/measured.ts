/**
 * The service times and sizes of the simulation. Each was measured by the command that it names, on the machine that
 * docs/scale.md describes. What no command measures is in `assumptions.ts`.
 */

interface Measured {
	readonly value: number | Readonly<Record<string, number>>;
	readonly what: string;
	readonly command: string;
}

const SCALE = "npm run bench -- scale.bench";
const CODE = "counted in the code";

export const MEASURED = {
	openMs: {
		value: { app: 2.75, secret: 0.008 },
		what: "processor time of a control plane's start, etcd, several nodes, apps with checkpoints: for each app and each of its secrets, in ms. The few entries after a checkpoint are not counted",
		command: SCALE,
	},
	heap: {
		value: { app: 7_900, deployedFunction: 1_960, secret: 806, change: 636 },
		what: "heap of a control plane: for each app, function, secret and further change in its log, in bytes. Without the changes before a checkpoint, which are not in memory, it is less",
		command: SCALE,
	},
	residentPerHeap: {
		value: 2.2,
		what: "memory of a control plane for each byte of its heap",
		command: SCALE,
	},
	etcdBytes: {
		value: { app: 5_460, secret: 556, change: 1_491, deployed: 1_856, result: 410 },
		what: "bytes in etcd: for each app, each of its secrets, each further change, each deployment's record and the result of each change",
		command: SCALE,
	},
	checkpointBytes: {
		value: { app: 6_580, secret: 349 },
		what: "bytes of an app's checkpoint: for each app and each of its secrets",
		command: SCALE,
	},
	heapLimitMiB: {
		value: 4_144,
		what: "the most heap that Node gives a process, in MiB",
		command: "node -p 'v8.getHeapStatistics().heap_size_limit / 2 ** 20'",
	},
	baseMiB: { value: 97, what: "memory of a platform without apps, in MiB", command: SCALE },
	changeMs: {
		value: 3.18,
		what: "processor time of a change in the control plane, etcd, in ms",
		command: SCALE,
	},
	deployedMs: { value: 1.45, what: "processor time of an event's record, etcd, in ms", command: SCALE },
	reloadMsPerStream: {
		value: 0.0443,
		what: "processor time of a write after another node's write, for each stream, in ms",
		command: SCALE,
	},
	reloadTransactionsPerStream: {
		value: 0.021,
		what: "calls of etcd for the same: two for 100 heads, and one for 1,000 names",
		command: CODE,
	},
	transactions: {
		value: { changeTransactions: 4, deployTransactions: 3, automationTransactions: 3 },
		what: "calls of etcd for a change, for the record of a deployment, and for the claim of a run",
		command: CODE,
	},
	etcdMs: {
		value: 0.286,
		what: "a transaction of etcd with 8 writers, in ms",
		command: "npm run bench -- store",
	},
	gatewayMs: {
		value: 1_000 / 24_185,
		what: "time of a gateway for a request, at its highest throughput, in ms",
		command: "npm run bench -- gateway.bench",
	},
	startMs: {
		value: 18,
		what: "the first request to an idle function, in ms",
		command: "npm run bench -- platform",
	},
	startCpuMs: {
		value: 85,
		what: "processor time of a function's start, in ms",
		command: "npm run bench -- platform",
	},
	startControlMs: {
		value: 5,
		what: "the control plane's part of that, in ms",
		command: "npm run bench -- platform",
	},
	buildCpuMs: {
		value: 30_600 / 81,
		what: "processor time of a deployed function that has an npm package, in ms",
		command: "npm run bench -- shared-package",
	},
	idleMs: { value: 300_000, what: "how long a function runs without requests, in ms", command: CODE },
	appsMax: { value: 10_000, what: "the most apps on one platform", command: CODE },
} as const satisfies Readonly<Record<string, Measured>>;
