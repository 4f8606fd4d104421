/** Reads every file of a folder that other processes may change meanwhile. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export interface FileBelow {
	readonly path: string;
	readonly bytes: Buffer;
}

/** The result of a call; undefined if the file or folder no longer exists. */
function unlessGone<Result>(call: () => Result): Result | undefined {
	try {
		return call();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw error;
	}
}

/**
 * Every file below a folder, with its bytes. A file with several names is read once: platforms link Deno's 95 MB.
 * Symbolic links to files are followed. A file or folder that goes away meanwhile is left out: a platform that runs
 * replaces its spare processes, and their folders with them.
 */
export function filesBelow(folder: string, seen = new Set<string>()): FileBelow[] {
	const entries = unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? [];
	return entries.flatMap((entry) => {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) return filesBelow(path, seen);
		const status = statSync(path, { throwIfNoEntry: false });
		if (!status?.isFile()) return [];
		const before = seen.size;
		if (seen.add(`${status.dev}:${status.ino}`).size === before) return [];
		const bytes = unlessGone(() => readFileSync(path));
		return bytes === undefined ? [] : [{ path, bytes }];
	});
}
