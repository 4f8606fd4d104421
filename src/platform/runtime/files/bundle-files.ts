/** The files that functions run from: one for each content and user, there as long as a process runs from it. */
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Mutex } from "../../machine/mutex.ts";
import type { User } from "../../machine/users.ts";
import { type BundleFile, writeBundle } from "./instance-directory.ts";

/** A short name for content; distinct contents have distinct names. */
export function digest(...content: (Uint8Array | string)[]): string {
	const hash = createHash("sha256");
	for (const part of content) hash.update(`${part.length}:`).update(part);
	return hash.digest("hex").slice(0, 32);
}

export class BundleFiles {
	readonly #folder: string;
	/** How many processes run from each path. */
	readonly #counts = new Map<string, number>();
	/** A file is written and removed by one caller after the other. */
	readonly #turns = new Mutex();

	/** @param folder where the files lie; it exists */
	constructor(folder: string) {
		this.#folder = folder;
	}

	/**
	 * Writes a bundle, where it is not there yet, for one more process. Functions with users of their own share no file.
	 * @returns its path
	 */
	acquire(bundle: BundleFile, user: User | undefined): Promise<string> {
		const name = `${digest(bundle.code, bundle.sourceMap ?? "", String(user?.gid))}.js`;
		const path = join(this.#folder, name);
		return this.#turns.run(async () => {
			const count = this.#counts.get(path) ?? 0;
			if (count === 0) await writeBundle(path, name, bundle, user);
			this.#counts.set(path, count + 1);
			return path;
		});
	}

	/** Removes it after its last process. */
	release(path: string): Promise<void> {
		return this.#turns.run(async () => {
			const count = (this.#counts.get(path) ?? 1) - 1;
			if (count > 0) return void this.#counts.set(path, count);
			this.#counts.delete(path);
			await Promise.all([path, `${path}.map`].map((entry) => rm(entry, { force: true })));
		});
	}

	/** Resolves once nothing is written or removed any more. */
	async settled(): Promise<void> {
		await this.#turns.run(async () => {});
	}
}
