/**
 * Runs builds in batches (`./batch.ts`). A build waits for a free run, and then shares it with builds that wait and fit.
 * If a batch fails, each of its builds is run by itself, so that an error concerns one function and names it.
 */
import type { PreparedBuild } from "../check/checker.ts";
import { type Batch, batchOf } from "./batch.ts";

/** The most builds of a run. Most of the gain is there with few, and the first functions start earlier. */
const BUILDS_MAX = 16;
/** Fewer builds are not divided among runs, since each run parses the packages again. */
const BUILDS_MIN = 8;

/** Called with the result of each build of a batch, as soon as it is known. */
export type OnBuilt<Result> = (build: PreparedBuild, result: Promise<Result>) => void;

/**
 * Runs the bundler.
 * @returns when all builds have their results, or rejects if the run failed for all that have none yet
 */
export type RunBatch<Result> = (batch: Batch, onBuilt: OnBuilt<Result>) => Promise<void>;

interface Waiting<Result> {
	readonly build: PreparedBuild;
	readonly resolve: (result: Promise<Result>) => void;
	readonly reject: (error: unknown) => void;
}

export class BatchQueue<Result> {
	readonly #run: RunBatch<Result>;
	readonly #runsMax: number;
	#waiting: Waiting<Result>[] = [];
	/** Builds of failed batches. Each gets a run of its own. */
	readonly #alone: Waiting<Result>[] = [];
	#runs = 0;

	/** @param runsMax the most runs at the same time */
	constructor(runsMax: number, run: RunBatch<Result>) {
		this.#runsMax = Math.max(1, runsMax);
		this.#run = run;
	}

	/** Builds a bundle. @throws the error of a run of this build alone */
	build(build: PreparedBuild): Promise<Result> {
		return new Promise((resolve, reject) => {
			this.#waiting.push({ build, resolve, reject });
			// The other builds of an upload are added before the next microtask.
			queueMicrotask(() => this.#fill());
		});
	}

	#fill(): void {
		while (this.#runs < this.#runsMax) {
			const taken = this.#take();
			if (taken.length === 0) return;
			this.#runs++;
			void this.#runBatch(taken).finally(() => {
				this.#runs--;
				this.#fill();
			});
		}
	}

	/** Takes the builds of the next run. Large uploads are divided evenly among the runs at the same time. */
	#take(): Waiting<Result>[] {
		const alone = this.#alone.shift();
		if (alone !== undefined) return [alone];
		if (this.#waiting.length === 0) return [];
		const share = Math.max(BUILDS_MIN, Math.ceil(this.#waiting.length / this.#runsMax));
		const { builds } = batchOf(
			this.#waiting.map(({ build }) => build),
			Math.min(BUILDS_MAX, share),
		);
		const chosen = new Set(builds);
		const taken = this.#waiting.filter(({ build }) => chosen.has(build));
		this.#waiting = this.#waiting.filter(({ build }) => !chosen.has(build));
		return taken;
	}

	async #runBatch(taken: readonly Waiting<Result>[]): Promise<void> {
		const unsettled = new Map(taken.map((waiting) => [waiting.build, waiting]));
		const batch = batchOf([...unsettled.keys()], unsettled.size);
		try {
			await this.#run(batch, (build, result) => {
				unsettled.get(build)?.resolve(result);
				unsettled.delete(build);
			});
		} catch (error) {
			if (taken.length > 1) this.#alone.push(...unsettled.values());
			else for (const { reject } of unsettled.values()) reject(error);
		}
	}
}
