/**
 * Analyses bundles in a separate thread. The analysis of a large bundle takes a second, and would block the platform
 * for that time.
 */
import { AppError, EXIT, type ExitStatus } from "../../errors.ts";
import type { References } from "../../references/evidence/reference.ts";
import { WorkerThread } from "../threads/worker-thread.ts";

/** A message to the thread. */
export interface Question {
	/** The bundle in UTF-8. */
	readonly code: Uint8Array;
	readonly sourceMap: string;
}

/** A message from the thread. */
export type Answer =
	| { readonly references: References }
	| { readonly error: { code: string; message: string; hint: string; exit: number; line?: number } };

/**
 * The parser recurses deeply, and needs more than a thread's default stack of 4 MiB. The main thread has 8 MiB. The
 * syntax tree outlives many collections of a small young generation, each of which copies it: with V8's default of
 * 48 MiB, the analysis of a bundle of 2 MB takes twice as long.
 */
export const ANALYSIS_LIMITS = {
	stackSizeMb: 16,
	maxOldGenerationSizeMb: 2048,
	maxYoungGenerationSizeMb: 192,
};

export class BundleAnalyzer {
	readonly #thread: WorkerThread<Question, Answer>;

	/** @param program the path of the bundle of `analysis-worker.ts` */
	constructor(program: string) {
		this.#thread = new WorkerThread(program, ANALYSIS_LIMITS);
	}

	/**
	 * Finds the references of a bundle with `analyzeReferences`. Bundles are analysed one after the other, in the order of
	 * the calls.
	 * @throws AppError `BUNDLE_UNPARSABLE`, or `BUNDLE_UNANALYSED` if the thread ended during the analysis (exit 1)
	 */
	async analyze(question: Question): Promise<References> {
		const answer = await this.#thread.ask(question).catch((cause: unknown) => {
			throw unanalysed(cause);
		});
		if ("references" in answer) return answer.references;
		throw new AppError({ ...answer.error, exit: answer.error.exit as ExitStatus });
	}

	/** Ends the thread, even during an analysis. */
	async close(): Promise<void> {
		await this.#thread.close();
	}
}

/** The error for a bundle whose analysis did not end. @param cause the error that ended it, if known */
export function unanalysed(cause?: unknown): AppError {
	return new AppError({
		code: "BUNDLE_UNANALYSED",
		message:
			"The bundle could not be searched for the secrets that it reads: the analysis needs too much memory or too deep a stack.",
		hint: "Make the function smaller, or import fewer modules.",
		exit: EXIT.failure,
		cause,
	});
}
