/**
 * Ends processes that exceed their memory limit. V8's own limit covers JavaScript objects and not the buffers
 * outside the heap. The system's limit on address space cannot be used, because Deno does not start with it. If
 * the system does not report the memory of a process (no `/proc`), V8's limit is the only one.
 */
import { inTurns } from "../../machine/in-turns.ts";
import { readProcessFile } from "../../machine/process-files.ts";

const INTERVAL_MS = 250;

export interface WatchedProcess {
	readonly pid: number;
	/** Ends the process at once. The text goes to its log. */
	kill(why: string): void;
}

/** Values from a process's status, in bytes; 0 for a missing line, undefined if there is no status. */
function readStatus(pid: number, keys: readonly string[]): number[] | undefined {
	const status = readProcessFile(pid, "status");
	if (!status.includes("VmRSS:")) return undefined;
	return keys.map((key) => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) * 1024);
}

/**
 * The resident memory of a process in bytes; undefined if the process has ended or the system does not report
 * it.
 */
export function residentBytes(pid: number): number | undefined {
	return readStatus(pid, ["VmRSS"])?.[0];
}

export class MemoryWatch {
	/** The watched processes, with their limits in MiB. */
	#processes = new Map<WatchedProcess, number>();
	#timer: NodeJS.Timeout | undefined;

	/** Watches a process until `remove`. */
	add(process: WatchedProcess, limitMiB: number): void {
		this.#processes.set(process, limitMiB);
		this.#timer ??= setInterval(() => void this.#check(), INTERVAL_MS).unref();
	}

	remove(process: WatchedProcess): void {
		this.#processes.delete(process);
		if (this.#processes.size > 0) return;
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	async #check(): Promise<void> {
		for await (const [process, limitMiB] of inTurns(this.#processes)) {
			// Swapped memory is included. Otherwise a process could exceed its limit while a part of its memory is not resident.
			const [resident = 0, swapped = 0] = readStatus(process.pid, ["VmRSS", "VmSwap"]) ?? [];
			if (resident + swapped <= limitMiB * 1024 * 1024) continue;
			process.kill(`The function used more than ${limitMiB} MiB of memory and was ended.`);
		}
	}
}
