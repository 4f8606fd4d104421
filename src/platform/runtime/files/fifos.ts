/** FIFOs for functions to write to: made many at a time, since only a program can make one, and starting it takes time. */
import { execFile } from "node:child_process";
import { chmod, chown, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Mutex } from "../../machine/mutex.ts";
import type { User } from "../../machine/users.ts";

const run = promisify(execFile);
const BATCH = 64;

export class FifoPool {
	readonly #folder: string;
	readonly #turns = new Mutex();
	readonly #ready: string[] = [];
	#made = 0;
	#isSupported = true;

	/** @param folder the platform's own, which need not be there yet */
	constructor(folder: string) {
		this.#folder = folder;
	}

	/**
	 * Puts a FIFO at a path, which the platform may read and the user may write.
	 * @returns whether it is there; never where the system has no `mkfifo`
	 */
	async placeAt(path: string, user: User | undefined): Promise<boolean> {
		const made = await this.#turns.run(() => this.#next());
		if (made === undefined) return false;
		if (user !== undefined) {
			await chown(made, 0, user.gid);
			await chmod(made, 0o620);
		}
		await rename(made, path);
		return true;
	}

	async #next(): Promise<string | undefined> {
		if (this.#ready.length === 0 && this.#isSupported) await this.#make();
		return this.#ready.pop();
	}

	async #make(): Promise<void> {
		const paths = Array.from({ length: BATCH }, () => join(this.#folder, String(this.#made++)));
		try {
			await mkdir(this.#folder, { recursive: true, mode: 0o700 });
			await run("mkfifo", ["-m", "600", ...paths]);
			this.#ready.push(...paths);
		} catch {
			// Functions run without.
			this.#isSupported = false;
		}
	}
}
