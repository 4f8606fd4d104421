/**
 * Measures the size of a function's data on the file system. The function may change the folders during the
 * measurement.
 */
import { constants, type Stats } from "node:fs";
import { lstat, open, opendir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

export interface DiskUsage {
	/** The allocated size on disk. */
	readonly bytes: number;
	/** The number of files, folders and links. */
	readonly files: number;
}

/** The limits, above which the count ends. */
export interface DiskUsageMax extends DiskUsage {
	/** The deepest level of nested folders. */
	readonly depth: number;
}

const BLOCK_BYTES = 512;
const isLinux = process.platform === "linux";

class Count {
	bytes = 0;
	files = 0;
	readonly #max: DiskUsageMax;
	/** Files with several hard links, which are counted once. */
	readonly #seen = new Set<string>();

	constructor(max: DiskUsageMax) {
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

	/**
	 * Walks a folder by its descriptor. So a symbolic link that replaces the folder meanwhile is not followed.
	 */
	async addFolder(path: string, depth: number): Promise<void> {
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
			if (stats.isDirectory()) await this.addFolder(path, depth + 1);
		} catch {
			// The entry was removed during the count, or its owner made it unreadable. An unreadable file cannot grow unnoticed
			// for long.
		}
	}

	/** Counts deleted files, which use disk space until every process has closed them. */
	async addDeletedFiles(pid: number, device: number): Promise<void> {
		const folder = `/proc/${pid}/fd`;
		for (const name of await readdir(folder).catch(() => [])) {
			if (this.isFull) return;
			const stats = await stat(join(folder, name)).catch(() => undefined);
			if (stats?.isFile() && stats.nlink === 0 && stats.dev === device) this.add(stats);
		}
	}
}

/**
 * Measures folders, and the deleted files on their file systems that a process still has open.
 * @param folders their owner may change them in the meantime; a missing folder counts as empty
 * @param max above these limits the count may end early
 */
export async function diskUsage(
	folders: readonly string[],
	pid: number,
	max: DiskUsageMax,
): Promise<DiskUsage> {
	const count = new Count(max);
	const devices = new Set<number>();
	for (const folder of folders) {
		const stats = await lstat(folder).catch(() => undefined);
		if (stats === undefined) continue;
		devices.add(stats.dev);
		await count.addFolder(folder, 0).catch(() => {});
	}
	for (const device of devices) await count.addDeletedFiles(pid, device);
	return count;
}
