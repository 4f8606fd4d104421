/**
 * Compares what the simulation computes for a platform of 9,990 apps with what was measured there. The figures that it
 * computes from (`measured.ts`) are of platforms of at most 1,000 apps.
 */
import { type Content, heapPerApp, historyBytesPerApp } from "./costs.ts";
import { MEASURED } from "./measured.ts";

const APPS = 9_990;
/** The apps of `bench/platform/scale.bench.ts`. */
const CONTENT: Content = {
	functions: 3,
	secrets: 10,
	changes: 5,
	deployments: 3,
	results: 0,
	blobBytes: 2.25 * 16 * 1024,
};
const MIB = 1024 ** 2;

/** Measured by `npm run bench -- scale.bench`, with a store in etcd, before apps had checkpoints. */
const LARGE = { heapMiB: 231.2, etcdMiB: 550, changeMs: 3.75, foreignMs: 831 };

export interface Compared {
	readonly what: string;
	readonly computed: number;
	readonly measured: number;
}

export function crossChecks(): Compared[] {
	const streams = 2 * APPS;
	return [
		{
			what: "heap of a control plane, MiB",
			computed: (heapPerApp(CONTENT) * APPS) / MIB,
			measured: LARGE.heapMiB,
		},
		{
			what: "bytes in etcd without checkpoints, MiB",
			computed: (historyBytesPerApp(CONTENT) * APPS) / MIB,
			measured: LARGE.etcdMiB,
		},
		{ what: "a change, ms of processor time", computed: MEASURED.changeMs.value, measured: LARGE.changeMs },
		{
			what: "a change after another node's write, ms of processor time",
			computed: MEASURED.changeMs.value + MEASURED.reloadMsPerStream.value * streams,
			measured: LARGE.foreignMs,
		},
	];
}
