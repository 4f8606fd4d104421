/**
 * The first bundle puts the bundler itself into the cache, by way of a temporary file that is named after the
 * process. In a namespace of its own each process is the second, so several would write into one file.
 */
import { Mutex } from "../mutex.ts";

/** Runs tasks one by one until one has succeeded; from then on, as they come. */
export class FirstAlone {
	readonly #turns = new Mutex();
	#isDone = false;

	/** Runs the task when it may. @returns what the task returns or throws */
	async run<T>(task: () => Promise<T>): Promise<T> {
		if (this.#isDone) return await task();
		return await this.#turns.run(async () => {
			const result = await task();
			this.#isDone = true;
			return result;
		});
	}
}
