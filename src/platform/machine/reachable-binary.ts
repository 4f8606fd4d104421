/**
 * A binary where other users may run it. Whoever installs Deno as root often has it below `/root`, which
 * nobody else may enter.
 */
import {
	accessSync,
	chmodSync,
	constants,
	copyFileSync,
	existsSync,
	renameSync,
	rmSync,
	statSync,
} from "node:fs";
import { join } from "node:path";

/**
 * Copies a binary into a directory, unless the copy is there; shares its blocks where the file system can.
 * The directory can be entered by everybody from then on, and is not listed to anybody.
 * @param directory of the platform alone, which exists
 * @returns the path of the copy
 * @throws the file system's error
 */
export function reachableBinary(binary: string, directory: string): string {
	const { size, mtimeMs } = statSync(binary);
	const copy = join(directory, `deno-${size}-${Math.trunc(mtimeMs)}`);
	if (!existsSync(copy)) {
		// Under its name there is only ever a whole one: a platform may be killed while it copies.
		const unfinished = `${copy}.${process.pid}`;
		rmSync(unfinished, { force: true });
		copyFileSync(binary, unfinished, constants.COPYFILE_FICLONE);
		renameSync(unfinished, copy);
	}
	chmodSync(copy, 0o755);
	chmodSync(directory, 0o711);
	accessSync(copy, constants.X_OK);
	return copy;
}
