/** Reads what Linux says of a process: the files below `/proc/PID`. */
import { closeSync, openSync, readSync } from "node:fs";

/** The files that are read have a few lines. `status` is the longest, with about 1,500 bytes. */
const BYTES_MAX = 8_192;
const buffer = Buffer.allocUnsafe(BYTES_MAX);

/**
 * Reads a file of a process at once. The kernel makes these texts from memory, so nothing waits for a disk. Read by
 * another thread, as files usually are, each takes twenty times as much processor time.
 * @returns the text; empty if the process has ended, or the system has no such file
 */
export function readProcessFile(pid: number, name: "status" | "io"): string {
	let file: number | undefined;
	try {
		file = openSync(`/proc/${pid}/${name}`, "r");
		return buffer.toString("latin1", 0, readSync(file, buffer, 0, BYTES_MAX, null));
	} catch {
		return "";
	} finally {
		if (file !== undefined) closeSync(file);
	}
}
