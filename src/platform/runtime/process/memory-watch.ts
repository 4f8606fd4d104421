/**
 * Ends processes that take more memory than they may. V8's own bound covers JavaScript objects and not the
 * buffers beside them, and the limits that the operating system puts on address space stop Deno from starting.
 * Where the system does not tell how much memory a process has (no `/proc`), V8's bound is all there is.
 */
import { readFile } from "node:fs/promises";

const INTERVAL_MS = 250;

export interface Watched {
	readonly pid: number;
	/** Ends it at once; the text goes to its log. */
	kill(why: string): void;
}

/** Lines of a process's status in bytes, 0 for those that are not there; undefined where nothing is. */
async function readStatus(pid: number, keys: readonly string[]): Promise<number[] | undefined> {
	const status = await readFile(`/proc/${pid}/status`, "latin1").catch(() => "");
	if (!status.includes("VmRSS:")) return undefined;
	return keys.map((key) => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) * 1024);
}

/** Resident memory of a process in bytes; undefined where the process or the knowledge of it is gone. */
export async function residentBytes(pid: number): Promise<number | undefined> {
	return (await readStatus(pid, ["VmRSS"]))?.[0];
}

export class MemoryWatch {
	/** Each with its limit in MiB. */
	#processes = new Map<Watched, number>();
	#timer: NodeJS.Timeout | undefined;

	/** Watches a process until `remove`. */
	add(process: Watched, limitMiB: number): void {
		this.#processes.set(process, limitMiB);
		this.#timer ??= setInterval(() => void this.#look(), INTERVAL_MS).unref();
	}

	remove(process: Watched): void {
		this.#processes.delete(process);
		if (this.#processes.size > 0) return;
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	async #look(): Promise<void> {
		for (const [process, limitMiB] of this.#processes) {
			// What was swapped out is memory, too: a process that takes too much may never have all of it resident.
			const [resident = 0, swapped = 0] = (await readStatus(process.pid, ["VmRSS", "VmSwap"])) ?? [];
			if (resident + swapped <= limitMiB * 1024 * 1024 || !this.#processes.has(process)) continue;
			process.kill(`The function took more than ${limitMiB} MiB of memory and was ended.`);
		}
	}
}
