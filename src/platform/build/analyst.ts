/**
 * The analysis of bundles in a thread of its own: it takes a second for a large one, in which the platform would
 * serve nobody.
 */
import { AppError, EXIT, type ExitStatus } from "../../errors.ts";
import type { References } from "../../references/evidence/reference.ts";
import { WorkerThread } from "../threads/worker-thread.ts";

/** What the thread is asked. */
export interface Question {
	/** UTF-8. */
	readonly code: Uint8Array;
	readonly sourceMap: string;
}

/** What it answers. */
export type Answer =
	| { readonly references: References }
	| { readonly error: { code: string; message: string; hint: string; exit: number; line?: number } };

/** The parser's own recursion needs more than the 4 MiB that a thread has by itself; the main thread has 8. */
const LIMITS = { stackSizeMb: 16, maxOldGenerationSizeMb: 2048 };

export class Analyst {
	readonly #thread: WorkerThread<Question, Answer>;

	/** @param program the file that `analysis-worker.ts` is built to */
	constructor(program: string) {
		this.#thread = new WorkerThread(program, LIMITS);
	}

	/**
	 * The references of a bundle, as `analyzeReferences` finds them. One bundle at a time, in order of the calls.
	 * @throws AppError `BUNDLE_UNPARSABLE`, and `BUNDLE_UNANALYSED` where the thread ended over it (exit 1)
	 */
	async analyze(question: Question): Promise<References> {
		const answer = await this.#thread.ask(question).catch((cause: unknown) => {
			throw unanalysed(cause);
		});
		if ("references" in answer) return answer.references;
		throw new AppError({ ...answer.error, exit: answer.error.exit as ExitStatus });
	}

	/** Ends the thread, and what it is doing. */
	async close(): Promise<void> {
		await this.#thread.close();
	}
}

function unanalysed(cause: unknown): AppError {
	return new AppError({
		code: "BUNDLE_UNANALYSED",
		message:
			"The bundle could not be searched for the secrets that it reads: it took too much memory, or too deep a stack.",
		hint: "Make the function smaller, or import less.",
		exit: EXIT.failure,
		cause,
	});
}
