/** A folder in memory for a file with values, which is wiped when it is no longer needed. */
import { mkdtempSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { folderPrefix, wipeFolder, wipeLeftFolders } from "./left-folders.ts";

/** The magic numbers of tmpfs and ramfs, whose files are in memory (statfs(2)). */
const IN_MEMORY = new Set([0x01021994, 0x858458f6]);

function isInMemory(folder: string): boolean {
	try {
		return IN_MEMORY.has(statfsSync(folder).type);
	} catch {
		return false;
	}
}

export interface PrivateFolder extends Disposable {
	readonly path: string;
}

/**
 * Makes a folder that only this user can open (mode 0700). Disposal wipes and removes it. Before that, the folders that
 * killed processes have left are wiped and removed.
 * @param candidates folders that may be in memory, best first
 * @param allowDisk whether a folder on the disk may be used if none is in memory
 * @throws AppError `NO_MEMORY_FOLDER` (exit 1)
 */
export function makePrivateFolder(candidates: readonly string[], allowDisk: boolean): PrivateFolder {
	const found = candidates.filter(isInMemory);
	if (allowDisk) found.push(tmpdir());
	for (const place of found) {
		wipeLeftFolders(place);
		let path: string;
		try {
			path = mkdtempSync(join(place, folderPrefix()));
		} catch {
			// It is read-only or belongs to somebody else; the next one may do.
			continue;
		}
		return { path, [Symbol.dispose]: () => wipeFolder(path) };
	}
	throw new AppError({
		code: "NO_MEMORY_FOLDER",
		message:
			"There is no folder in memory for the file with the values: neither /dev/shm nor XDG_RUNTIME_DIR is one.",
		hint: "To use a folder on the disk, where deleted values may remain: --allow-disk. Or set single values: coffer secrets set NAME.",
		exit: EXIT.failure,
	});
}
