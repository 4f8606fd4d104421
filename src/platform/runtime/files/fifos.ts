/**
 * A pool of FIFOs for functions to write to. They are created in batches, because only the program `mkfifo` can
 * create one and its start takes time.
 */
import { execFile } from "node:child_process";
import { chmodSync, chownSync, renameSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Mutex } from "../../machine/mutex.ts";
import type { User } from "../../machine/users.ts";

const run = promisify(execFile);
const BATCH = 64;

export class FifoPool {
	readonly #folder: string;
	readonly #mutex = new Mutex();
	readonly #ready: string[] = [];
	#created = 0;
	#isSupported = true;

	/** @param folder a folder of the platform, which need not exist yet */
	constructor(folder: string) {
		this.#folder = folder;
	}

	/**
	 * Puts a FIFO at a path. The platform can read it and the user can write to it.
	 * @returns whether it was created; always false if the system has no `mkfifo`
	 */
	async placeAt(path: string, user: User | undefined): Promise<boolean> {
		const fifo = await this.#mutex.run(() => this.#next());
		if (fifo === undefined) return false;
		if (user !== undefined) {
			chownSync(fifo, 0, user.gid);
			chmodSync(fifo, 0o620);
		}
		renameSync(fifo, path);
		return true;
	}

	async #next(): Promise<string | undefined> {
		if (this.#ready.length === 0 && this.#isSupported) await this.#make();
		return this.#ready.pop();
	}

	async #make(): Promise<void> {
		const paths = Array.from({ length: BATCH }, () => join(this.#folder, String(this.#created++)));
		try {
			await mkdir(this.#folder, { recursive: true, mode: 0o700 });
			await run("mkfifo", ["-m", "600", ...paths]);
			this.#ready.push(...paths);
		} catch {
			// Functions run without FIFOs then.
			this.#isSupported = false;
		}
	}
}
