/**
 * What the simulation assumes and nothing here has measured. Each assumption is a flag of `npm run simulate`, and has
 * rows in the table of sensitivities.
 */

interface Assumption {
	readonly flag: string;
	readonly default: number;
	readonly what: string;
	/** Chosen by the operator, or fixed for a run. It is not halved and doubled for the table of sensitivities. */
	readonly isChoice?: boolean;
}

export const ASSUMPTIONS = {
	apps: { flag: "apps", default: 1_000_000, what: "apps", isChoice: true },
	functionsPerApp: { flag: "functions", default: 3, what: "functions of an app (mean, geometric)" },
	secretsPerApp: { flag: "secrets", default: 10, what: "secrets of an app (mean)" },
	requestsPerAppDay: { flag: "requests", default: 500, what: "requests to an app in a day (mean)" },
	trafficSigma: {
		flag: "skew",
		default: 2.5,
		what: "skew of the traffic: the standard deviation of the logarithm of an app's requests (lognormal)",
	},
	peak: { flag: "peak", default: 3, what: "traffic of the busiest hour beside the mean" },
	functionCpuMs: {
		flag: "function-cpu",
		default: 5,
		what: "processor time of a function for a request, in ms",
	},
	functionWaitMs: {
		flag: "function-wait",
		default: 50,
		what: "how long a function waits for others in a request, in ms (mean, exponential)",
	},
	processMiB: { flag: "process-memory", default: 128, what: "memory of a function's process, in MiB" },
	changesPerAppDay: { flag: "changes", default: 0.5, what: "changes of secrets of an app in a day" },
	deploysPerAppDay: { flag: "deploys", default: 0.5, what: "deployed functions of an app in a day" },
	cronRunsPerAppDay: { flag: "automations", default: 2.4, what: "runs of automations of an app in a day" },
	bundleKiB: {
		flag: "blobs",
		default: 100,
		what: "blobs of a function (bundle, source map, sources), in KiB",
	},
	days: { flag: "days", default: 365, what: "days in which apps have changed and deployed", isChoice: true },
	nodeFailuresPerYear: { flag: "failures", default: 4, what: "failures of a node in a year" },
	failoverSeconds: {
		flag: "failover",
		default: 10,
		what: "seconds until the other nodes of a cell take over from a failed node",
	},
	rolloutsPerWeek: { flag: "rollouts", default: 1, what: "upgrades of a node in a week" },
	nodeCores: { flag: "cores", default: 16, what: "processor cores of a node", isChoice: true },
	nodeGiB: { flag: "memory", default: 64, what: "memory of a node, in GiB", isChoice: true },
	quotaGiB: { flag: "quota", default: 8, what: "space quota of etcd, in GiB", isChoice: true },
	blobsInEtcd: {
		flag: "blobs-in-etcd",
		default: 0,
		what: "1: blobs are in etcd; 0: in a directory (`--blobs`)",
		isChoice: true,
	},
	startSecondsMax: {
		flag: "start",
		default: 60,
		what: "the longest start of a control plane that the operator accepts, in seconds",
		isChoice: true,
	},
	rereads: {
		flag: "rereads",
		default: 1,
		what: "1: a node reads the heads of all streams again after another node's write, as today; 0: it does not",
		isChoice: true,
	},
	full: { flag: "full", default: 0.6, what: "the part of a resource that may be used", isChoice: true },
	cellApps: {
		flag: "cell-apps",
		default: 0,
		what: "apps of a cell; 0: as many as its first limit allows",
		isChoice: true,
	},
	cellNodes: { flag: "nodes", default: 0, what: "nodes of a cell; 0: as many as needed", isChoice: true },
} as const satisfies Readonly<Record<string, Assumption>>;

export type AssumptionName = keyof typeof ASSUMPTIONS;
export type Assumed = Readonly<Record<AssumptionName, number>>;

export const ASSUMPTION_ROWS = Object.entries(ASSUMPTIONS) as [AssumptionName, Assumption][];

/** All assumptions. @param values by name; others have their defaults */
export function assumed(values: Partial<Assumed> = {}): Assumed {
	const defaults = ASSUMPTION_ROWS.map(([name, row]) => [name, row.default] as const);
	return { ...(Object.fromEntries(defaults) as Record<AssumptionName, number>), ...values };
}
