/**
 * Reads bundles in separate processes: checks which files are in a bundle, and finds its references. A bundle contains
 * packages, which were not checked before. Parsing one can crash the process, so it must not run in the platform's
 * process.
 */
import { AppError, EXIT } from "../../../errors.ts";
import type { References } from "../../../references/evidence/reference.ts";
import { Limiter } from "../../machine/mutex.ts";
import type { GraphRequest, Output, OutputRequest } from "../../threads/build-output.ts";
import { unanalysed } from "../bundle-analyzer.ts";
import { checkFailed, type EarlyExit } from "./check-process.ts";
import { tooDeep } from "./checker.ts";
import type { Order, Report } from "./messages.ts";
import type { ProcessPool } from "./process-pool.ts";

/** A checked bundle. */
export interface ReadBundle extends Output {
	/** The variables that the bundle reads. Undefined if it was not analysed. */
	readonly references: References | undefined;
}

export interface BundleReaderOptions {
	readonly processes: ProcessPool;
	/** The maximum number of bundles that are read at the same time. */
	readonly readsMax: number;
	/** The maximum time for a bundle, in ms. */
	readonly timeoutMs: number;
	/** The path of the bundle of `analysis-worker.ts`. Undefined if bundles are not analysed. */
	readonly analyzer: string | undefined;
}

function tooSlow(entry: string, timeoutMs: number): AppError {
	return new AppError({
		code: "BUNDLE_UNANALYSED",
		message: `The search for the secrets that the bundle of ${entry} reads takes longer than ${timeoutMs / 1000} s.`,
		hint: "Make the function smaller, or import fewer modules.",
		exit: EXIT.failure,
	});
}

export class BundleReader {
	readonly #options: BundleReaderOptions;
	readonly #turns: Limiter;

	constructor(options: BundleReaderOptions) {
		this.#options = options;
		this.#turns = new Limiter(options.readsMax);
	}

	/**
	 * Reads a bundle.
	 * @throws AppError the errors of `readOutput`, `BUNDLE_UNPARSABLE`, `BUNDLE_UNANALYSED` (exit 1), `SOURCE_SYNTAX` (exit 2)
	 */
	async read(request: OutputRequest): Promise<ReadBundle> {
		const { analyzer } = this.#options;
		let read: ReadBundle | undefined;
		const end = await this.#run({ type: "bundle", request, analyzer }, (report) => {
			if (report.type === "bundle") read = { ...report.output, references: report.references };
		});
		if (end?.why === "too deep") throw tooDeep(request.entry);
		if (end?.why === "too slow") throw tooSlow(request.entry, this.#options.timeoutMs);
		if (end !== undefined) throw unanalysed();
		if (read === undefined) throw checkFailed();
		return read;
	}

	/**
	 * Checks the module graph of a build.
	 * @throws AppError the errors of `checkGraphText`, `CHECK_FAILED` (exit 1)
	 */
	async checkGraph(request: GraphRequest): Promise<void> {
		const end = await this.#run({ type: "graph", request }, () => {});
		if (end !== undefined) throw checkFailed();
	}

	/** @returns a description of the exit if the process ended before it was done @throws AppError the command's error */
	#run(order: Order, onReport: (report: Report) => void): Promise<EarlyExit | undefined> {
		const { processes, timeoutMs } = this.#options;
		return this.#turns.run(async () => {
			const end = await processes.run([order], onReport, timeoutMs);
			if ("why" in end) return end;
			if (end.error !== undefined) throw new AppError(end.error as ConstructorParameters<typeof AppError>[0]);
			return undefined;
		});
	}
}
