/**
 * The first bundle puts the bundler itself into the cache, by way of a temporary file that is named after the
 * process. In a namespace of its own each build is process 2, so several of them would write into one file and
 * start it half written. So there is one at a time until the bundler is there, whoever shares the cache.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Mutex } from "../machine/mutex.ts";

const POLL_MS = 50;

/** Runs tasks one by one until one of them has succeeded; from then on, as they come. */
export class FirstAlone {
	readonly #turns = new Mutex();
	readonly #done: string;
	readonly #lock: string;
	#isDone: boolean;

	/**
	 * @param cache the folder that is shared, with other processes too
	 * @param version of Deno: another one may bring another bundler
	 */
	constructor(cache: string, version: string) {
		const name = `.bundler-${version.replaceAll(/[^\w.]+/g, "-")}`;
		this.#done = join(cache, `${name}.there`);
		this.#lock = join(cache, `${name}.lock`);
		this.#isDone = existsSync(this.#done);
	}

	/** Runs the task when it may. @returns what the task returns or throws */
	async run<T>(task: () => Promise<T>): Promise<T> {
		if (this.#isDone) return await task();
		return await this.#turns.run(async () => {
			const isHolder = await this.#acquire();
			try {
				const result = await task();
				if (isHolder) writeFileSync(this.#done, "");
				this.#isDone = true;
				return result;
			} finally {
				if (isHolder) rmSync(this.#lock, { force: true });
			}
		});
	}

	/** Waits for its turn among processes. @returns false where that is over, since the bundler is there */
	async #acquire(): Promise<boolean> {
		for (;;) {
			if (existsSync(this.#done)) return false;
			try {
				writeFileSync(this.#lock, String(process.pid), { flag: "wx" });
				return true;
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
			}
			if (this.#isAbandoned()) rmSync(this.#lock, { force: true });
			else await delay(POLL_MS);
		}
	}

	/** Whether the process that holds the lock is gone. */
	#isAbandoned(): boolean {
		try {
			const pid = Number(readFileSync(this.#lock, "utf8"));
			// Made, and not written yet.
			if (pid === 0) return false;
			process.kill(pid, 0);
			return false;
		} catch (error) {
			return (error as NodeJS.ErrnoException).code === "ESRCH";
		}
	}
}
