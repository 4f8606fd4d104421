/** Writes files that are complete after a crash or a power failure. */
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { randomBytes, toBase64 } from "../../crypto.ts";

/** Makes the names in a directory durable. A renamed file is safely on the disk only after this. */
export async function syncDirectory(path: string): Promise<void> {
	// Windows cannot open a directory. The journal of its file system makes renames durable.
	if (process.platform === "win32") return;
	const handle = await open(path, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** Makes the contents of a file durable. */
export async function syncFile(path: string): Promise<void> {
	const handle = await open(path, "r+");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/**
 * Writes a file so that after a crash it either has all its bytes or does not exist.
 * @param incoming directory on the same file system for the incomplete file. Files that are left there may be
 * deleted.
 * @param directory the directory of the complete file
 * @throws the system's error. Nothing is left behind then.
 */
export async function writeDurably(incoming: string, directory: string, name: string, bytes: Uint8Array) {
	const draft = join(incoming, toBase64(randomBytes(16)));
	try {
		const handle: FileHandle = await open(draft, "wx", 0o600);
		try {
			await handle.writeFile(bytes);
			await handle.sync();
		} finally {
			await handle.close();
		}
		await rename(draft, join(directory, name));
	} catch (error) {
		await rm(draft, { force: true });
		throw error;
	}
	await syncDirectory(directory);
}
