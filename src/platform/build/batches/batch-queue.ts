/**
 * Runs builds in batches (`./batch.ts`). A build waits for a free run, and then shares it with other waiting builds
 * that can be combined with it. If a batch fails, each of its builds is run alone, so that an error names its function.
 */
import type { PreparedBuild } from "../check/checker.ts";
import { type Batch, batchOf } from "./batch.ts";

/** The most builds of a run. The bundles of a run are in the bundler's memory at once. */
const BUILDS_MAX = 48;
/** Fewer builds than this are not divided among runs, since each run parses the packages again. */
const BUILDS_MIN = 8;

/** Called with the result of each build of a batch, as soon as it is known. */
export type OnBuilt<Result> = (build: PreparedBuild, result: Promise<Result>) => void;

/**
 * Runs the bundler.
 * @returns a promise that resolves when all builds have their results, and rejects if the run failed for the remaining
 *   ones
 */
export type RunBatch<Result> = (batch: Batch, onBuilt: OnBuilt<Result>) => Promise<void>;

/** A build that has no result yet. */
interface Pending<Result> {
	readonly promise: Promise<Result>;
	readonly resolve: (result: Promise<Result>) => void;
	readonly reject: (error: unknown) => void;
}

function pending<Result>(): Pending<Result> {
	let settle: Omit<Pending<Result>, "promise"> = { resolve: () => {}, reject: () => {} };
	const promise = new Promise<Result>((resolve, reject) => {
		settle = { resolve, reject };
	});
	return { promise, ...settle };
}

export class BatchQueue<Result> {
	readonly #run: RunBatch<Result>;
	readonly #runsMax: number;
	readonly #pending = new Map<PreparedBuild, Pending<Result>>();
	/** The builds that wait for a run. */
	readonly #waiting = new Set<PreparedBuild>();
	/** Builds of failed batches. Each gets a separate run. */
	readonly #alone: PreparedBuild[] = [];
	#runs = 0;

	/** @param runsMax the most runs at the same time */
	constructor(runsMax: number, run: RunBatch<Result>) {
		this.#runsMax = Math.max(1, runsMax);
		this.#run = run;
	}

	/** Builds a bundle. @throws the error of a run of this build alone */
	build(build: PreparedBuild): Promise<Result> {
		const known = this.#pending.get(build);
		if (known !== undefined) return known.promise;
		const added = pending<Result>();
		this.#pending.set(build, added);
		this.#waiting.add(build);
		// The other builds of an upload are added before the next microtask.
		queueMicrotask(() => this.#fill());
		return added.promise;
	}

	#fill(): void {
		while (this.#runs < this.#runsMax) {
			const batch = this.#take();
			if (batch === undefined) return;
			this.#runs++;
			void this.#runBatch(batch).finally(() => {
				this.#runs--;
				this.#fill();
			});
		}
	}

	/** Takes the builds of the next run. Large uploads are divided evenly among the runs that can start now. */
	#take(): Batch | undefined {
		const alone = this.#alone.shift();
		if (alone !== undefined) return batchOf([alone], 1);
		if (this.#waiting.size === 0) return undefined;
		const share = Math.max(BUILDS_MIN, Math.ceil(this.#waiting.size / (this.#runsMax - this.#runs)));
		const batch = batchOf(this.#waiting, Math.min(BUILDS_MAX, share));
		for (const build of batch.builds) this.#waiting.delete(build);
		return batch;
	}

	async #runBatch(batch: Batch): Promise<void> {
		const unsettled = new Set(batch.builds);
		try {
			await this.#run(batch, (build, result) => {
				if (unsettled.delete(build)) this.#settle(build)?.resolve(result);
			});
		} catch (error) {
			if (batch.builds.length > 1) this.#alone.push(...unsettled);
			else for (const build of unsettled) this.#settle(build)?.reject(error);
		}
	}

	/** Removes a build that has its result. */
	#settle(build: PreparedBuild): Pending<Result> | undefined {
		const settled = this.#pending.get(build);
		this.#pending.delete(build);
		return settled;
	}
}
