/**
 * Ends processes that keep more on the file system than they may: in `localStorage`, the Cache API and, where that is no
 * file system of its own, the temporary folder. The system bounds the size of each file, and not how many there are.
 */
import { readFile } from "node:fs/promises";
import { type Usage, usageOf } from "./usage.ts";

const MIB = 1024 * 1024;
/** As a temporary folder that is a file system of its own. */
export const STORAGE_MAX = { bytes: 256 * MIB, files: 65_536, depth: 64 } as const;
const INTERVAL_MS = 1_000;
/** What the system does not count as written is found at the latest after so many looks. */
const LOOKS_MAX = 30;
/** Where the system does not say how much a process writes. */
const LOOKS_UNTOLD = 5;

/** A process, and what is its function's. */
export interface Storing {
	readonly pid: number;
	/** The folders whose sum is bounded. */
	readonly folders: readonly string[];
	/** Called once, when it has more than it may. */
	readonly onFull: (why: string) => void;
}

interface Watched {
	readonly storing: Storing;
	written: number | undefined;
	looks: number;
}

/** How many bytes a process has written to file systems, by the system's own account; undefined where it does not say. */
async function writtenBytes(pid: number): Promise<number | undefined> {
	const text = await readFile(`/proc/${pid}/io`, "latin1").catch(() => "");
	const [, bytes] = /^write_bytes: (\d+)$/m.exec(text) ?? [];
	return bytes === undefined ? undefined : Number(bytes);
}

export interface StorageWatchOptions {
	readonly usage?: (storing: Storing) => Promise<Usage>;
	readonly written?: (pid: number) => Promise<number | undefined>;
}

export class StorageWatch {
	readonly #watched = new Map<object, Watched>();
	readonly #usage: NonNullable<StorageWatchOptions["usage"]>;
	readonly #written: NonNullable<StorageWatchOptions["written"]>;
	#timer: NodeJS.Timeout | undefined;
	#isLooking = false;

	constructor({ usage, written }: StorageWatchOptions = {}) {
		this.#usage = usage ?? (({ folders, pid }) => usageOf(folders, pid, STORAGE_MAX));
		this.#written = written ?? writtenBytes;
	}

	/** Watches a process until `remove`. @param key by which it is known there */
	add(key: object, storing: Storing): void {
		this.#watched.set(key, { storing, written: undefined, looks: 0 });
		this.#timer ??= setInterval(() => void this.look(), INTERVAL_MS).unref();
	}

	remove(key: object): void {
		this.#watched.delete(key);
		if (this.#watched.size > 0) return;
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	/** Looks at all of them, one after the other. A look that takes long is not begun again meanwhile. */
	async look(): Promise<void> {
		if (this.#isLooking) return;
		this.#isLooking = true;
		try {
			for (const [key, watched] of this.#watched) await this.#lookAt(key, watched);
		} finally {
			this.#isLooking = false;
		}
	}

	async #lookAt(key: object, watched: Watched): Promise<void> {
		const { storing } = watched;
		const written = await this.#written(storing.pid);
		const looksMax = written === undefined ? LOOKS_UNTOLD : LOOKS_MAX;
		const isDue = watched.looks === 0 || written !== watched.written;
		watched.written = written;
		watched.looks = (watched.looks + 1) % looksMax;
		if (!isDue) return;
		const { bytes, files } = await this.#usage(storing);
		if (bytes <= STORAGE_MAX.bytes && files <= STORAGE_MAX.files) return;
		if (!this.#watched.delete(key)) return;
		storing.onFull(
			`The function kept more than ${STORAGE_MAX.bytes / MIB} MiB or ${STORAGE_MAX.files} files in localStorage, caches and temporary files. It was ended, and what it kept is removed.`,
		);
	}
}
