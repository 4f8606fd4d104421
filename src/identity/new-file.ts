/** Writes new files that hold keys: private, durable, and never partial. */
import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

/**
 * Writes a text to a new file of mode 0600, and syncs it to disk. If that fails, no file stays.
 * @throws the operating system's error: `EEXIST` if anything exists at that path, also a dangling link
 */
export async function writeNewFile(path: string, text: string): Promise<void> {
	const handle = await open(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
	try {
		await writeDurably(handle, text);
		await syncFolder(dirname(resolve(path)));
	} catch (error) {
		await unlink(path).catch(() => undefined);
		throw error;
	}
}

async function writeDurably(handle: FileHandle, text: string): Promise<void> {
	try {
		await handle.chmod(0o600);
		await handle.writeFile(text);
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** Syncs a folder's entries to disk. */
export async function syncFolder(folder: string): Promise<void> {
	if (process.platform === "win32") return;
	const handle = await open(folder, O_RDONLY);
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** The operating system's name of an error. */
export function errnoOf(error: unknown): string {
	return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
