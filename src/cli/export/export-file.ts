/** Writes exported secrets into a file that only its owner can read, and that git will not commit. */
import { chmodSync, lstatSync } from "node:fs";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { fileError, removeLeftovers, replaceFile } from "../../project/files/atomic-file.ts";
import { requireOutOfGit } from "../plaintext/key-files.ts";

/** The mode of the file: its owner alone can read and write it. */
const MODE = 0o600;

/**
 * Checks a path before the vault is opened.
 * @param force whether an existing file may be replaced
 * @throws AppError `EXPORT_EXISTS` (exit 5) for a file that exists; `EXPORT_IN_REPOSITORY` (exit 2) for a path that
 *   git would commit
 */
export async function requireExportable(path: string, force: boolean): Promise<void> {
	if (!force && lstatSync(path, { throwIfNoEntry: false })) {
		throw new AppError({
			code: "EXPORT_EXISTS",
			message: `${printable(path, 200)} exists already.`,
			hint: "Choose another path, or pass --force to replace the file.",
			exit: EXIT.conflict,
		});
	}
	await requireOutOfGit(path, {
		code: "EXPORT_IN_REPOSITORY",
		danger: "The next commit could publish the values.",
		existing: true,
	});
}

/**
 * Writes the file, and removes what a killed export has left beside it. A program that reads it meanwhile sees the old
 * content or all of the new one.
 * @throws AppError `FILE_UNWRITABLE`, `FILE_UNSYNCED` (exit 1)
 */
export async function writeExportFile(path: string, text: string): Promise<void> {
	try {
		// The new file gets the mode of the old one.
		if (lstatSync(path, { throwIfNoEntry: false })?.isFile()) chmodSync(path, MODE);
	} catch (error) {
		throw fileError("write", path, error);
	}
	// A killed export has left values beside the file, under a name that git may not ignore.
	await removeLeftovers(path);
	await replaceFile(path, text, { mode: MODE });
}
