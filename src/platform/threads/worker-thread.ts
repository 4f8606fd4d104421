/**
 * A thread that answers one question after the other. It is started by the first question, and ended when nobody asked for a while.
 */
import { once } from "node:events";
import { type ResourceLimits, type Transferable, Worker } from "node:worker_threads";
import { Mutex } from "../machine/mutex.ts";

/** An idle thread holds some 50 MB of memory. */
const IDLE_MS = 30_000;

export class WorkerThread<Question, Answer> {
	readonly #program: string;
	readonly #limits: ResourceLimits;
	readonly #turns = new Mutex();
	#worker: Worker | undefined;
	#timer: NodeJS.Timeout | undefined;

	/**
	 * @param program absolute path of a script that answers each message of its parent port with one message
	 * @param limits the thread's stack and heap
	 */
	constructor(program: string, limits: ResourceLimits) {
		this.#program = program;
		this.#limits = limits;
	}

	/**
	 * Asks when all questions before are answered.
	 * @param transfer buffers of the question that the thread takes over, instead of a copy; they are empty here afterwards
	 * @throws what the thread threw, or an `AbortError` where it ended without an answer; the next question starts another thread
	 */
	ask(question: Question, transfer: readonly Transferable[] = []): Promise<Answer> {
		return this.#turns.run(() => this.#ask(question, transfer));
	}

	/** Ends the thread, and what it is doing. */
	async close(): Promise<void> {
		clearTimeout(this.#timer);
		const worker = this.#worker;
		// Whoever asks from here on gets another one.
		this.#worker = undefined;
		await worker?.terminate();
	}

	async #ask(question: Question, transfer: readonly Transferable[]): Promise<Answer> {
		clearTimeout(this.#timer);
		this.#worker ??= new Worker(this.#program, { resourceLimits: this.#limits }).on("error", () => {});
		const worker = this.#worker;
		const gone = new AbortController();
		const onExit = () => gone.abort();
		worker.once("exit", onExit).ref();
		try {
			const answered = once(worker, "message", { signal: gone.signal });
			worker.postMessage(question, transfer);
			const [answer] = (await answered) as [Answer];
			return answer;
		} catch (error) {
			if (this.#worker === worker) this.#worker = undefined;
			throw error;
		} finally {
			// An idle thread does not keep the process from ending.
			worker.off("exit", onExit).unref();
			this.#timer = setTimeout(() => void this.close(), IDLE_MS).unref();
		}
	}
}
