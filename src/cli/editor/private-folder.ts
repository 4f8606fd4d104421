/** A folder in memory for a file with values, which is wiped when it is no longer needed. */
import {
	closeSync,
	mkdtempSync,
	openSync,
	readdirSync,
	rmSync,
	statfsSync,
	statSync,
	writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";

/** The magic numbers of tmpfs and ramfs, whose files are in memory (statfs(2)). */
const IN_MEMORY = new Set([0x01021994, 0x858458f6]);

function isInMemory(folder: string): boolean {
	try {
		return IN_MEMORY.has(statfsSync(folder).type);
	} catch {
		return false;
	}
}

function overwrite(path: string): void {
	const { size } = statSync(path);
	const file = openSync(path, "r+");
	try {
		writeSync(file, Buffer.alloc(size), 0, size, 0);
	} finally {
		closeSync(file);
	}
}

/** Overwrites every file in a folder. Backups and swap files of editors are among them. */
function wipe(folder: string): void {
	for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
		if (!entry.isFile()) continue;
		try {
			overwrite(join(entry.parentPath, entry.name));
		} catch {
			// It is removed with the folder.
		}
	}
}

export interface PrivateFolder extends Disposable {
	readonly path: string;
}

/**
 * Makes a folder that only this user can open (mode 0700). Disposal wipes and removes it.
 * @param candidates folders that may be in memory, best first
 * @param allowDisk whether a folder on the disk may be used if none is in memory
 * @throws AppError `NO_MEMORY_FOLDER` (exit 1)
 */
export function makePrivateFolder(candidates: readonly string[], allowDisk: boolean): PrivateFolder {
	const found = candidates.filter(isInMemory);
	if (allowDisk) found.push(tmpdir());
	for (const place of found) {
		let path: string;
		try {
			path = mkdtempSync(join(place, "coffer-edit-"));
		} catch {
			// It is read-only or belongs to somebody else; the next one may do.
			continue;
		}
		return {
			path,
			[Symbol.dispose]() {
				try {
					wipe(path);
				} finally {
					rmSync(path, { recursive: true, force: true });
				}
			},
		};
	}
	throw new AppError({
		code: "NO_MEMORY_FOLDER",
		message:
			"There is no folder in memory for the file with the values: neither /dev/shm nor XDG_RUNTIME_DIR is one.",
		hint: "To use a folder on the disk, where deleted values may remain: --allow-disk. Or set single values: coffer secrets set NAME.",
		exit: EXIT.failure,
	});
}
