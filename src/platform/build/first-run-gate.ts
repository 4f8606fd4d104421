/**
 * Prevents concurrent builds until the bundler is in the cache. The first build stores the bundler there through a
 * temporary file with the process id in its name. In its own process namespace each build is process 2. So concurrent
 * builds would write to the same file and might execute an incomplete bundler. Other processes may share the cache.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Mutex } from "../machine/mutex.ts";

const POLL_MS = 50;

/** Runs tasks one after the other until one of them has succeeded. From then on tasks run concurrently. */
export class FirstRunGate {
	readonly #mutex = new Mutex();
	readonly #done: string;
	readonly #lock: string;
	#isDone: boolean;

	/**
	 * @param cache the folder of the cache, which other processes may share
	 * @param version Deno's version; another version may use another bundler
	 */
	constructor(cache: string, version: string) {
		const name = `.bundler-${version.replaceAll(/[^\w.]+/g, "-")}`;
		this.#done = join(cache, `${name}.there`);
		this.#lock = join(cache, `${name}.lock`);
		this.#isDone = existsSync(this.#done);
	}

	/** Runs the task, after a wait if necessary. @returns the result of the task @throws the error of the task */
	async run<T>(task: () => Promise<T>): Promise<T> {
		if (this.#isDone) return await task();
		return await this.#mutex.run(async () => {
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

	/** Waits for the lock between processes. @returns false if no lock is necessary, because the bundler is in the cache */
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

	/** Whether the process that holds the lock has ended. */
	#isAbandoned(): boolean {
		try {
			const pid = Number(readFileSync(this.#lock, "utf8"));
			// The lock file was created, but the process id is not written yet.
			if (pid === 0) return false;
			process.kill(pid, 0);
			return false;
		} catch (error) {
			return (error as NodeJS.ErrnoException).code === "ESRCH";
		}
	}
}
