/**
 * The folders of `secrets edit` that a killed process has left. Their names contain the process that made them, so that a
 * later command can wipe them.
 */
import {
	closeSync,
	lstatSync,
	openSync,
	readdirSync,
	readlinkSync,
	rmSync,
	statSync,
	writeSync,
} from "node:fs";
import { join } from "node:path";

const NAME = /^coffer-edit-(\d+)-(\d+)-/;

/** Containers that share a folder in memory may give the same number to different processes. 0 if it is not known. */
function processNamespace(): string {
	try {
		return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
	} catch {
		return "0";
	}
}

/** The beginning of the names of this process's folders. */
export const folderPrefix = () => `coffer-edit-${processNamespace()}-${process.pid}-`;

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code !== "ESRCH";
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

/** Overwrites every file in a folder, and removes the folder. Backups and swap files of editors are among the files. */
export function wipeFolder(folder: string): void {
	try {
		for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
			if (!entry.isFile()) continue;
			try {
				overwrite(join(entry.parentPath, entry.name));
			} catch {
				// It is removed with the folder.
			}
		}
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** Whether a folder belongs to this user, and the process that made it has ended. */
function isLeft(path: string, name: string, namespace: string): boolean {
	const [, ofNamespace, pid] = NAME.exec(name) ?? [];
	if (ofNamespace !== namespace || isRunning(Number(pid))) return false;
	const stats = lstatSync(path, { throwIfNoEntry: false });
	return stats?.isDirectory() === true && stats.uid === process.geteuid?.();
}

/** Wipes and removes the folders that killed processes of this user have left. Errors are ignored. @param place the parent */
export function wipeLeftFolders(place: string): void {
	try {
		const namespace = processNamespace();
		for (const name of readdirSync(place)) {
			const path = join(place, name);
			if (isLeft(path, name, namespace)) wipeFolder(path);
		}
	} catch {
		// The place cannot be listed. A folder can be made there all the same.
	}
}
