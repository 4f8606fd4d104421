/**
 * Installs the bundler once in a cache that several processes may share. Deno stores it there through a temporary file
 * with the process id in its name. In its own process namespace each build is process 2. So concurrent builds would
 * write to the same file and might execute an incomplete bundler.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Mutex } from "../machine/mutex.ts";

const POLL_MS = 50;

export class FirstRunGate {
	readonly #mutex = new Mutex();
	readonly #lock: string;
	readonly #isDone: () => boolean;

	/**
	 * @param lock the path of a file that exists while a process installs; its folder exists
	 * @param isDone whether nothing has to be installed
	 */
	constructor(lock: string, isDone: () => boolean) {
		this.#lock = lock;
		this.#isDone = isDone;
	}

	/**
	 * Returns once everything is installed. One call at a time installs, among all processes. If it fails, the next one
	 * tries again.
	 * @throws the error of `install`
	 */
	async pass(install: () => Promise<unknown>): Promise<void> {
		if (this.#isDone()) return;
		await this.#mutex.run(async () => {
			if (!(await this.#acquire())) return;
			try {
				await install();
			} finally {
				rmSync(this.#lock, { force: true });
			}
		});
	}

	/** Waits for the lock between processes. @returns false if another process has finished the installation */
	async #acquire(): Promise<boolean> {
		for (;;) {
			if (this.#isDone()) return false;
			try {
				writeFileSync(this.#lock, String(process.pid), { flag: "wx" });
				if (!this.#isDone()) return true;
				rmSync(this.#lock, { force: true });
				return false;
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
			}
			if (this.#isAbandoned()) rmSync(this.#lock, { force: true });
			else await delay(POLL_MS);
		}
	}

	/** Whether the process that has the lock has ended. */
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
