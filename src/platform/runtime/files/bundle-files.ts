/** The files of bundles: one for each content and user. A file exists as long as a process runs from it. */
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Mutex } from "../../machine/mutex.ts";
import type { User } from "../../machine/users.ts";
import { type BundleFile, filesFolder, writeBundle } from "./instance-directory.ts";

/** A short name for content. Different contents have different names. */
export function digest(...content: (Uint8Array | string)[]): string {
	const hash = createHash("sha256");
	for (const part of content) hash.update(`${part.length}:`).update(part);
	return hash.digest("hex").slice(0, 32);
}

export class BundleFiles {
	readonly #folder: string;
	/** The number of processes that run from each path. */
	readonly #counts = new Map<string, number>();
	/** Serialises writing and removing. */
	readonly #mutex = new Mutex();

	/** @param folder the existing folder of the files */
	constructor(folder: string) {
		this.#folder = folder;
	}

	/**
	 * Writes a bundle, unless it exists already, for one more process. Functions with different users share no
	 * file.
	 * @returns its path
	 */
	acquire(bundle: BundleFile, user: User | undefined): Promise<string> {
		const name = `${digest(bundle.code, bundle.sourceMap ?? "", JSON.stringify(bundle.files?.list ?? []), String(user?.gid))}.js`;
		const path = join(this.#folder, name);
		return this.#mutex.run(async () => {
			const count = this.#counts.get(path) ?? 0;
			if (count === 0) await writeBundle(path, name, bundle, user);
			this.#counts.set(path, count + 1);
			return path;
		});
	}

	/** Counts a process out and removes the file after the last one. */
	release(path: string): Promise<void> {
		return this.#mutex.run(async () => {
			const count = (this.#counts.get(path) ?? 1) - 1;
			if (count > 0) return void this.#counts.set(path, count);
			this.#counts.delete(path);
			const entries = [path, `${path}.map`, filesFolder(path)];
			await Promise.all(entries.map((entry) => rm(entry, { recursive: true, force: true })));
		});
	}

	/** Resolves when all writing and removing is done. */
	async settled(): Promise<void> {
		await this.#mutex.run(async () => {});
	}
}
