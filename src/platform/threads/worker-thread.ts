/**
 * A thread that answers one question at a time. The first question starts it. It ends when it is idle for some time.
 */
import { once } from "node:events";
import { type ResourceLimits, type Transferable, Worker } from "node:worker_threads";
import { Mutex } from "../machine/mutex.ts";

/** The time after which an idle thread ends. It uses about 50 MB of memory. */
const IDLE_MS = 30_000;

export class WorkerThread<Question, Answer> {
	readonly #program: string;
	readonly #limits: ResourceLimits;
	readonly #mutex = new Mutex();
	#worker: Worker | undefined;
	#timer: NodeJS.Timeout | undefined;

	/**
	 * @param program absolute path of a script that answers each message at its parent port with one message
	 * @param limits the sizes of the thread's stack and heap
	 */
	constructor(program: string, limits: ResourceLimits) {
		this.#program = program;
		this.#limits = limits;
	}

	/**
	 * Sends a question to the thread when all earlier ones are answered.
	 * @param transfer buffers in the question that are moved to the thread instead of copied; they are empty here afterwards
	 * @throws the thread's error, or an `AbortError` if it ended without an answer; the next question starts another thread
	 */
	ask(question: Question, transfer: readonly Transferable[] = []): Promise<Answer> {
		return this.#mutex.run(() => this.#ask(question, transfer));
	}

	/** Ends the thread, even while it answers. */
	async close(): Promise<void> {
		clearTimeout(this.#timer);
		const worker = this.#worker;
		// A later question starts another thread.
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
			// An idle thread does not prevent the process from exiting.
			worker.off("exit", onExit).unref();
			this.#timer = setTimeout(() => void this.close(), IDLE_MS).unref();
		}
	}
}
