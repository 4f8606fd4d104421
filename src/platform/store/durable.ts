/**
 * Files that are there, whole, after a crash or a power cut.
 */
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { randomBytes, toBase64 } from "../../crypto.ts";

/** Makes the names in a directory durable: a rename is on the disk only after this. */
export async function syncDirectory(path: string): Promise<void> {
	// Windows cannot open a directory; its renames are durable by the file system's journal.
	if (process.platform === "win32") return;
	const handle = await open(path, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/**
 * Writes a file so that it is either there with all its bytes or not there at all.
 * @param incoming directory on the same file system for the unfinished file; its leftovers may be deleted
 * @param directory where the file goes
 * @throws the system's error, with nothing left behind
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
