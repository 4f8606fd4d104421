/** Permissions of files: takes rights away from other users. */
import { lstatSync } from "node:fs";
import { chmod } from "node:fs/promises";

/** Writing by the group and by others. */
export const WRITING_BY_OTHERS = 0o022;
/** Every use by the group and by others. */
export const USE_BY_OTHERS = 0o077;

/** The permissions of a file or folder; undefined if there is none, if it is a link, or if the system has none. */
export function modeOf(path: string): number | undefined {
	const stats = lstatSync(path, { throwIfNoEntry: false });
	if (!stats || stats.isSymbolicLink() || process.getuid === undefined) return undefined;
	return stats.mode & 0o777;
}

/** Permissions in the usual form, `0644`. */
export function octal(mode: number): string {
	return mode.toString(8).padStart(4, "0");
}

/** Sets permissions. @returns what was done, as a clause */
export async function makePrivate(path: string, mode: number): Promise<string> {
	await chmod(path, mode);
	return `set the mode to ${octal(mode)}`;
}
