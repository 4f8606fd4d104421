/**
 * Measures the size of a function's data on the file system. The function may change the folders during the
 * measurement.
 *
 * Each entry is looked at by this thread: by another one, it would take twenty times the processor time. Other work comes
 * between the entries of a large folder.
 */
import {
	closeSync,
	constants,
	lstatSync,
	opendirSync,
	openSync,
	readdirSync,
	type Stats,
	statSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";

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
/** After this many entries, other work goes first. */
const AT_ONCE = 32;
const isLinux = process.platform === "linux";

/** What looks at a file; undefined if that is not possible, because it was removed in the meantime. */
function ifThere<T>(look: () => T): T | undefined {
	try {
		return look();
	} catch {
		return undefined;
	}
}

class Count {
	bytes = 0;
	files = 0;
	#entries = 0;
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
		const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
		try {
			const here = isLinux ? `/proc/self/fd/${descriptor}` : path;
			const folder = opendirSync(here);
			try {
				for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
					if (this.isFull) return;
					await this.#entry(join(here, entry.name), depth);
				}
			} finally {
				folder.closeSync();
			}
		} finally {
			closeSync(descriptor);
		}
	}

	async #entry(path: string, depth: number): Promise<void> {
		await this.#pause();
		try {
			const stats = lstatSync(path);
			this.add(stats);
			if (stats.isDirectory()) await this.addFolder(path, depth + 1);
		} catch {
			// The entry was removed during the count, or its owner made it unreadable. An unreadable file cannot grow unnoticed
			// for long.
		}
	}

	async #pause(): Promise<void> {
		if (++this.#entries % AT_ONCE === 0) await setImmediate();
	}

	/** Counts deleted files, which use disk space until every process has closed them. */
	async addDeletedFiles(pid: number, device: number): Promise<void> {
		const folder = `/proc/${pid}/fd`;
		for (const name of ifThere(() => readdirSync(folder)) ?? []) {
			if (this.isFull) return;
			await this.#pause();
			const stats = ifThere(() => statSync(join(folder, name)));
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
		const stats = ifThere(() => lstatSync(folder));
		if (stats === undefined) continue;
		devices.add(stats.dev);
		await count.addFolder(folder, 0).catch(() => {});
	}
	for (const device of devices) await count.addDeletedFiles(pid, device);
	return count;
}
