/**
 * Copies a binary to a path from which other users may run it. Deno that root installed is often below `/root`, which
 * no other user may enter.
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
 * Copies a binary into a directory, unless the copy exists. The copy shares the disk blocks of the original if the file
 * system supports that. Afterwards every user can enter the directory, and none can list it.
 * @param directory exists, and belongs to the platform alone
 * @returns the path of the copy
 * @throws the file system's error
 */
export function reachableBinary(binary: string, directory: string): string {
	const { size, mtimeMs } = statSync(binary);
	const copy = join(directory, `deno-${size}-${Math.trunc(mtimeMs)}`);
	if (!existsSync(copy)) {
		// The copy gets its final name when it is complete, because the platform may be killed while it copies.
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
