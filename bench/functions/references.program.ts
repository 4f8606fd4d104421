/**
 * Measures analyses of bundles, as the main module of a thread. `bench/functions/references.bench.ts` starts it with the sizes of
 * the heap that the platform's own thread for analyses has.
 */
import { parentPort } from "node:worker_threads";
import { parseSync } from "oxc-parser";
import { analyzeReferences } from "../../src/references/analyze.ts";
import { median } from "../harness.ts";

export interface Bundle {
	readonly code: string;
	readonly sourceMap: string;
}

/** A message to the thread. */
export interface Task extends Bundle {
	readonly rounds: number;
}

/** A message from the thread: medians, in ms. */
export interface Measured {
	readonly analysisMs: number;
	readonly parseMs: number;
}

function timed(work: () => unknown): number {
	const start = performance.now();
	work();
	return performance.now() - start;
}

/** Measures the analysis and the parser alone in turns. The first turn warms the code and is not counted. */
function measure({ code, sourceMap, rounds }: Task): Measured {
	const [analysis, parse]: [number[], number[]] = [[], []];
	for (let round = -1; round < rounds; round++) {
		const times = [
			timed(() => analyzeReferences({ code, sourceMap })),
			timed(() => parseSync("bundle.js", code).program),
		];
		if (round < 0) continue;
		analysis.push(times[0] ?? 0);
		parse.push(times[1] ?? 0);
	}
	return { analysisMs: median(analysis), parseMs: median(parse) };
}

parentPort?.on("message", (task: Task) => parentPort?.postMessage(measure(task)));
