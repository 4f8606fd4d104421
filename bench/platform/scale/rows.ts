/** The rows of the table: each cost of a store beside the smallest store of its series. */
import type { Row } from "../../harness.ts";
import type { Figures, Time, WholeFigures } from "../scale.program.ts";
import type { RunningFigures } from "./running.ts";

export interface Costs extends Figures, WholeFigures, Partial<RunningFigures> {
	readonly storeBytes: number;
	readonly uncompactedBytes?: number;
}

/** One store of a series. */
export interface Size {
	readonly kind: string;
	/** How many apps, functions, secrets or changes there are. */
	readonly count: number;
	readonly costs: Costs;
}

type Growth = "constant" | "linear" | "shown";

interface Cost {
	readonly what: string;
	/** How the cost may grow with the number of apps. */
	readonly growth: Growth;
	readonly unit: "ms" | "bytes" | "MB";
}

const COSTS: Readonly<Record<keyof Costs, Cost>> = {
	openWhole: { what: "streams opened without checkpoints", growth: "linear", unit: "ms" },
	checkpoint: { what: "checkpoint of an app written", growth: "constant", unit: "ms" },
	open: { what: "streams opened", growth: "linear", unit: "ms" },
	leftovers: { what: "left data looked for", growth: "linear", unit: "ms" },
	heapBytes: { what: "heap of the open streams", growth: "linear", unit: "bytes" },
	residentBytes: { what: "resident memory of the open streams", growth: "linear", unit: "bytes" },
	storeBytes: { what: "store", growth: "linear", unit: "bytes" },
	uncompactedBytes: { what: "store with earlier revisions", growth: "linear", unit: "bytes" },
	change: { what: "change of a secret appended", growth: "constant", unit: "ms" },
	foreign: { what: "the same, after a write of another process", growth: "constant", unit: "ms" },
	deployed: { what: "deployment recorded", growth: "constant", unit: "ms" },
	started: { what: "automations of all apps read", growth: "linear", unit: "ms" },
	refresh: { what: "automations read again after a deployment", growth: "constant", unit: "ms" },
	create: { what: "app created", growth: "constant", unit: "ms" },
	remove: { what: "app deleted", growth: "constant", unit: "ms" },
	answeredListMs: { what: "apps listed by the control API", growth: "linear", unit: "ms" },
	list: { what: "apps listed in the process", growth: "linear", unit: "ms" },
	startCpuMs: { what: "processor time of a platform's start", growth: "linear", unit: "ms" },
	startMs: { what: "start of a platform", growth: "linear", unit: "ms" },
	residentMB: { what: "memory of a platform", growth: "linear", unit: "MB" },
	residentAfterMB: { what: "the same, after the metrics were read", growth: "linear", unit: "MB" },
	setMs: { what: "change by the control API", growth: "constant", unit: "ms" },
	metricsMs: { what: "metrics read", growth: "linear", unit: "ms" },
};

/** Times vary by this factor on a machine with other work. */
const CONSTANT_RATIO_MAX = 2;
const LINEAR_TOLERANCE = 1.2;

/** A time of the measured process is compared by its processor time. */
function amountOf(value: number | Time): number {
	return typeof value === "number" ? value : value.cpuMs;
}

function shown(value: number, unit: Cost["unit"]): string {
	if (unit === "bytes") return `${(value / 1024 ** 2).toFixed(1)} MiB`;
	return `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`;
}

/** How large the ratio may be between the largest and the smallest store. */
function limitOf(growth: Growth, of: string, counts: number): number {
	// Only apps are many on every platform. What one app may have is limited.
	if (growth === "shown" || of !== "apps") return Number.POSITIVE_INFINITY;
	return growth === "constant" ? CONSTANT_RATIO_MAX : counts * LINEAR_TOLERANCE;
}

function rowOf(of: string, name: keyof Costs, size: Size, first: Size): Row[] {
	const [value, base] = [size.costs[name], first.costs[name]];
	if (value === undefined || base === undefined) return [];
	const { growth, unit, what } = COSTS[name];
	const ratioMax = limitOf(growth, of, size.count / first.count);
	const ratio = amountOf(value) / amountOf(base);
	return [
		{
			figure: `${what}, ${size.kind}, ${size.count.toLocaleString("en")} ${of}`,
			target: Number.isFinite(ratioMax)
				? `≤ ${ratioMax.toLocaleString("en")} × with ${first.count}`
				: "shown",
			measured: `${ratio.toFixed(2)} × (${shown(amountOf(value), unit)})`,
			beside: `${first.count}: ${shown(amountOf(base), unit)}`,
			reached: ratio <= ratioMax,
		},
	];
}

/** All costs of all stores of a series but its first, beside the first. */
export function rowsOf(of: string, [first, ...others]: readonly Size[]): Row[] {
	if (first === undefined) return [];
	const names = Object.keys(COSTS) as (keyof Costs)[];
	return names.flatMap((name) => others.flatMap((size) => rowOf(of, name, size, first)));
}
