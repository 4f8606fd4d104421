/**
 * Ends processes that store too much on the file system: in `localStorage`, in the Cache API and, if it is not a
 * separate file system, in the temporary folder. The system limits the size of each file but not the number of files.
 */
import { inTurns } from "../../machine/in-turns.ts";
import { readProcessFile } from "../../machine/process-files.ts";
import { type DiskUsage, diskUsage } from "./disk-usage.ts";

const MIB = 1024 * 1024;
/** The limits are the same as for a temporary folder that is a separate file system. */
export const STORAGE_MAX = { bytes: 256 * MIB, files: 65_536, depth: 64 } as const;
const INTERVAL_MS = 1_000;
/** The folders are measured at least once in this many checks, even if the system reports no new writes. */
const CHECKS_MAX = 30;
/** The same, if the system does not report how much a process writes. */
const CHECKS_WITHOUT_REPORT = 5;

/** A process, and the folders of its function. */
export interface ProcessStorage {
	readonly pid: number;
	/** The folders whose total size is limited. */
	readonly folders: readonly string[];
	/** Called once, when the limit is exceeded. */
	readonly onFull: (why: string) => void;
}

interface Watched {
	readonly storing: ProcessStorage;
	written: number | undefined;
	checks: number;
}

/** The number of bytes that a process has written to file systems; undefined if the system does not report it. */
function writtenBytes(pid: number): number | undefined {
	const [, bytes] = /^write_bytes: (\d+)$/m.exec(readProcessFile(pid, "io")) ?? [];
	return bytes === undefined ? undefined : Number(bytes);
}

export interface StorageWatchOptions {
	readonly usage?: (storing: ProcessStorage) => Promise<DiskUsage>;
	readonly written?: (pid: number) => number | undefined;
}

export class StorageWatch {
	readonly #watched = new Map<object, Watched>();
	readonly #usage: NonNullable<StorageWatchOptions["usage"]>;
	readonly #written: NonNullable<StorageWatchOptions["written"]>;
	#timer: NodeJS.Timeout | undefined;
	#isChecking = false;

	constructor({ usage, written }: StorageWatchOptions = {}) {
		this.#usage = usage ?? (({ folders, pid }) => diskUsage(folders, pid, STORAGE_MAX));
		this.#written = written ?? writtenBytes;
	}

	/** Watches a process until `remove`. @param key identifies the process in `remove` */
	add(key: object, storing: ProcessStorage): void {
		this.#watched.set(key, { storing, written: undefined, checks: 0 });
		this.#timer ??= setInterval(() => void this.check(), INTERVAL_MS).unref();
	}

	remove(key: object): void {
		this.#watched.delete(key);
		if (this.#watched.size > 0) return;
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	/** Checks all processes, one after the other. Only one check runs at a time. */
	async check(): Promise<void> {
		if (this.#isChecking) return;
		this.#isChecking = true;
		try {
			for await (const [key, watched] of inTurns(this.#watched)) await this.#checkOne(key, watched);
		} finally {
			this.#isChecking = false;
		}
	}

	async #checkOne(key: object, watched: Watched): Promise<void> {
		const { storing } = watched;
		const written = this.#written(storing.pid);
		const checksMax = written === undefined ? CHECKS_WITHOUT_REPORT : CHECKS_MAX;
		const isDue = watched.checks === 0 || written !== watched.written;
		watched.written = written;
		watched.checks = (watched.checks + 1) % checksMax;
		if (!isDue) return;
		const { bytes, files } = await this.#usage(storing);
		if (bytes <= STORAGE_MAX.bytes && files <= STORAGE_MAX.files) return;
		if (!this.#watched.delete(key)) return;
		storing.onFull(
			`The function stored more than ${STORAGE_MAX.bytes / MIB} MiB or ${STORAGE_MAX.files} files in localStorage, caches and temporary files. It was ended, and its stored data is removed.`,
		);
	}
}
