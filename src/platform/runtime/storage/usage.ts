/** How much a function keeps on the file system: in folders that it may change while they are looked at. */
import { constants, type Stats } from "node:fs";
import { lstat, open, opendir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

export interface Usage {
	/** As the file system allots them. */
	readonly bytes: number;
	/** Files, folders and links. */
	readonly files: number;
}

/** What is counted no further: whoever has more than that has too much. */
export interface UsageMax extends Usage {
	/** Folders within folders. */
	readonly depth: number;
}

const BLOCK_BYTES = 512;
const isLinux = process.platform === "linux";

class Count {
	bytes = 0;
	files = 0;
	readonly #max: UsageMax;
	/** Files with several names are counted once. */
	readonly #seen = new Set<string>();

	constructor(max: UsageMax) {
		this.#max = max;
	}

	get isFull(): boolean {
		return this.bytes > this.#max.bytes || this.files > this.#max.files;
	}

	add(stats: Stats): void {
		this.files++;
		if (stats.nlink !== 1 && !stats.isDirectory()) {
			const key = `${stats.dev}:${stats.ino}`;
			if (this.#seen.has(key)) return;
			this.#seen.add(key);
		}
		this.bytes += stats.blocks * BLOCK_BYTES;
	}

	/** Goes through a folder by its descriptor: a link that takes a folder's place meanwhile is not followed. */
	async folder(path: string, depth: number): Promise<void> {
		if (depth > this.#max.depth) {
			this.files = Number.POSITIVE_INFINITY;
			return;
		}
		const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
		try {
			const here = isLinux ? `/proc/self/fd/${handle.fd}` : path;
			for await (const { name } of await opendir(here)) {
				if (this.isFull) return;
				await this.#entry(join(here, name), depth);
			}
		} finally {
			await handle.close();
		}
	}

	async #entry(path: string, depth: number): Promise<void> {
		try {
			const stats = await lstat(path);
			this.add(stats);
			if (stats.isDirectory()) await this.folder(path, depth + 1);
		} catch {
			// It was removed meanwhile, or its owner closed it: then it cannot be looked into, and neither grow unseen for long.
		}
	}

	/** Files that have no name any more take their place until whoever has them open closes them. */
	async removed(pid: number, device: number): Promise<void> {
		const folder = `/proc/${pid}/fd`;
		for (const name of await readdir(folder).catch(() => [])) {
			if (this.isFull) return;
			const stats = await stat(join(folder, name)).catch(() => undefined);
			if (stats?.isFile() && stats.nlink === 0 && stats.dev === device) this.add(stats);
		}
	}
}

/**
 * Counts what is in folders, and what a process has open that was removed from their file system.
 * @param folders whoever owns them may change them meanwhile; one that is not there holds nothing
 * @param max where more than that is found, the count may end early
 */
export async function usageOf(folders: readonly string[], pid: number, max: UsageMax): Promise<Usage> {
	const count = new Count(max);
	const devices = new Set<number>();
	for (const folder of folders) {
		const stats = await lstat(folder).catch(() => undefined);
		if (stats === undefined) continue;
		devices.add(stats.dev);
		await count.folder(folder, 0).catch(() => {});
	}
	for (const device of devices) await count.removed(pid, device);
	return count;
}
