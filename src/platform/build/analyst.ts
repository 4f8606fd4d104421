/**
 * The analysis of bundles in a thread of its own: it takes a second for a large one, in which the platform would
 * serve nobody.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { AppError, EXIT, type ExitStatus } from "../../errors.ts";
import type { References } from "../../references/reference.ts";
import { Mutex } from "../mutex.ts";

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
/** A thread that has nothing to do holds some 50 MB. */
const KEPT_MS = 30_000;

export class Analyst {
	readonly #program: string;
	readonly #turns = new Mutex();
	#worker: Worker | undefined;
	#timer: NodeJS.Timeout | undefined;

	/** @param program the file that `analysis-worker.ts` is built to */
	constructor(program: string) {
		this.#program = program;
	}

	/**
	 * The references of a bundle, as `analyzeReferences` finds them. One bundle at a time, in order of the calls.
	 * @throws AppError `BUNDLE_UNPARSABLE`, and `BUNDLE_UNANALYSED` where the thread ended over it (exit 1)
	 */
	analyze(question: Question): Promise<References> {
		return this.#turns.run(() => this.#ask(question));
	}

	/** Ends the thread, and what it is doing. */
	async close(): Promise<void> {
		clearTimeout(this.#timer);
		const worker = this.#worker;
		// Whoever asks from here on gets another one.
		this.#worker = undefined;
		await worker?.terminate();
	}

	async #ask({ code, sourceMap }: Question): Promise<References> {
		clearTimeout(this.#timer);
		this.#worker ??= new Worker(this.#program, { resourceLimits: LIMITS }).on("error", () => {});
		const worker = this.#worker;
		const gone = new AbortController();
		const onExit = () => gone.abort();
		worker.once("exit", onExit).ref();
		let answer: Answer;
		try {
			const answered = once(worker, "message", { signal: gone.signal });
			worker.postMessage({ code, sourceMap });
			[answer] = (await answered) as [Answer];
		} catch (cause) {
			if (this.#worker === worker) this.#worker = undefined;
			throw unanalysed(cause);
		}
		// It keeps no platform from ending.
		worker.off("exit", onExit).unref();
		this.#timer = setTimeout(() => void this.close(), KEPT_MS).unref();
		if ("references" in answer) return answer.references;
		throw new AppError({ ...answer.error, exit: answer.error.exit as ExitStatus });
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
