/** Connects metrics and figures with what they measure. */
import type { Apps } from "../apps/apps.ts";
import type { Faults } from "../faults/error-boundary.ts";
import { describeError } from "../faults/log.ts";
import type { FunctionLifetime } from "../functions/lifetimes.ts";
import { residentBytes } from "../runtime/process/memory-watch.ts";
import { Figures } from "../telemetry/figures/figures.ts";
import { NO_SLOT_FILES } from "../telemetry/figures/slot-files.ts";
import { type FunctionSample, Metrics } from "../telemetry/metrics.ts";
import type { CoreOptions } from "./core-options.ts";

type Samples = () => Iterable<FunctionSample>;

/** @param samples every deployed function in its current state */
export function openMetrics(
	{ kv, logs, version }: CoreOptions,
	apps: Pick<Apps, "list">,
	faults: Faults,
	samples: Samples,
): Metrics {
	return new Metrics({
		version,
		functions: samples,
		faults: () => faults.counts(),
		droppedLines: () => logs.dropped,
		storeBytes: () => kv.sizes(apps.list()),
		residentBytes,
	});
}

/** @param samples every deployed function in its current state */
export function openFigures(
	{ clock, log, slotFiles = NO_SLOT_FILES }: CoreOptions,
	apps: Pick<Apps, "find">,
	samples: Samples,
): Figures {
	return new Figures({
		files: slotFiles,
		clock,
		memory: () => memoryOf(apps, samples()),
		onError: (error) => log.warn(describeError(error), "figures of a function were lost"),
	});
}

/** Each function that runs, with the resident memory of its process in bytes. */
async function* memoryOf(
	apps: Pick<Apps, "find">,
	samples: Iterable<FunctionSample>,
): AsyncIterable<readonly [of: FunctionLifetime, bytes: number]> {
	for (const { app, function: name, pid } of samples) {
		const of = pid === undefined ? undefined : apps.find(app)?.functionLifetime(name);
		const bytes = pid === undefined ? undefined : residentBytes(pid);
		if (of !== undefined && bytes !== undefined) yield [of, bytes];
	}
}
