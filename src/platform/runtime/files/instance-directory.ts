/**
 * The files of one instance, and operations on them that are safe although a function's user can write beside them.
 *
 * Each start and each end of a process has some twenty of them, on the names of files that are in memory. They are done
 * at once: by another thread, each takes ten to twenty times the processor time. What may be large goes to another thread.
 */
import {
	chmodSync,
	chownSync,
	linkSync,
	lstatSync,
	mkdirSync,
	renameSync,
	rmdirSync,
	unlinkSync,
} from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ancestorsOf } from "../../../modules/paths.ts";
import type { User } from "../../machine/users.ts";
import type { LaunchFiles } from "../runtime.ts";

export interface InstanceDirectory {
	/** The user of the process; undefined for the platform's own user. */
	readonly user: User | undefined;
	/** The path of the socket to which the platform connects. */
	readonly socketPath: string;
	/** The path on which the function listens. */
	readonly listenPath: string;
	readonly controlPath: string;
	/**
	 * The path of the socket at which the process reaches the store of its app. The host derives it from `controlPath`.
	 */
	readonly storePath: string;
	/** A FIFO for the permission audit; undefined if it was not requested or the system has none. */
	readonly auditPath: string | undefined;
	/**
	 * The temporary folder, which is the working directory. It is the only folder that the function's own code
	 * may write to.
	 */
	readonly temporary: string;
	readonly denoDirectory: string;
	/** Whether a later process of the same function gets the same Deno directory, with the code that Deno compiled. */
	readonly keepsDenoDirectory: boolean;
	/** The path of the bundle. */
	readonly bundle: string;
	/** The path of the main module. */
	readonly main: string;
	/**
	 * Links the platform's socket path to the socket that the function listens on now.
	 * @throws if that is not a socket
	 */
	publish(): Promise<void>;
	/** Removes the data that Deno stores for the function, as soon as no process of the function is left. */
	clearStorage(): void;
	/** Removes the files that no other instance uses. To be called after the exit of the process. */
	release(): Promise<void>;
}

/** The files of a spare process, whose bundle does not exist yet. */
export interface SpareDirectory extends InstanceDirectory {
	/** Writes the bundle. */
	fill(bundle: BundleFile): Promise<void>;
}

export interface BundleFile {
	code: Uint8Array;
	/** JSON in UTF-8. */
	sourceMap: Uint8Array | undefined;
	/** The files that the code may read. */
	files?: LaunchFiles | undefined;
}

/** The folder of the files that a bundle's code may read. The bundle's code follows the same rule. */
export function filesFolder(bundle: string): string {
	return bundle.slice(0, -".js".length);
}

/** Writes the files that a bundle's code may read. They belong to root or the platform, and the function's group can read them. */
async function writeFiles(
	bundle: string,
	{ list, read }: LaunchFiles,
	user: User | undefined,
): Promise<void> {
	const root = filesFolder(bundle);
	await rm(root, { recursive: true, force: true });
	const folders = new Set(list.flatMap(([path]) => ancestorsOf(path)));
	for (const folder of new Set(["", ...folders])) {
		await mkdir(join(root, folder), { recursive: true, mode: 0o700 });
		allowGroup(user, join(root, folder), 0o750);
	}
	for (const [path, hash] of list) {
		await writeFile(join(root, path), await read(hash), { flag: "wx", mode: 0o400 });
		allowGroup(user, join(root, path), 0o440);
	}
}

/** Creates a folder to which a function's user can write. */
export function makeUserFolder(user: User | undefined, path: string): void {
	mkdirSync(path, { mode: 0o700 });
	if (user !== undefined) chownSync(path, user.uid, user.gid);
}

/** Lets a function's group read a file that belongs to root. */
export function allowGroup(user: User | undefined, path: string, mode: number): void {
	if (user === undefined) return;
	chownSync(path, 0, user.gid);
	chmodSync(path, mode);
}

/**
 * Writes a bundle and, beside it, its source map and the files that it may read. The bundle names the map.
 * @param name the name of the bundle's file
 */
export async function writeBundle(
	path: string,
	name: string,
	{ code, files, sourceMap }: BundleFile,
	user: User | undefined,
): Promise<void> {
	if (files !== undefined && files.list.length > 0) await writeFiles(path, files, user);
	const end = `\n//# sourceMappingURL=${name}.map\n`;
	const text = sourceMap === undefined ? code : Buffer.concat([code, Buffer.from(end)]);
	const write = async (to: string, content: Uint8Array, mode: number) => {
		await writeFile(to, content, { mode });
		allowGroup(user, to, 0o440);
	};
	await Promise.all([
		write(`${path}.new`, text, 0o400),
		...(sourceMap === undefined ? [] : [write(`${path}.map`, sourceMap, 0o600)]),
	]);
	await rename(`${path}.new`, path);
}

/** Removes a file or a link, if it is there. */
function unlinkIfThere(path: string): void {
	try {
		unlinkSync(path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
	}
}

/** Gives a socket a second name by a hard link. No step follows a symbolic link. */
export function publish(socket: string, name: string): void {
	const unchecked = `${name}.new`;
	unlinkIfThere(unchecked);
	linkSync(socket, unchecked);
	if (!lstatSync(unchecked).isSocket()) {
		unlinkIfThere(unchecked);
		throw new Error("The path on which the function listens is not a socket.");
	}
	renameSync(unchecked, name);
	// If both were names of the same socket already, renaming has left both in place.
	unlinkIfThere(unchecked);
}

/** Removes an empty folder. A function's user may have left something in it, which stays. */
function removeIfEmpty(path: string): void {
	try {
		rmdirSync(path);
	} catch {
		// It is removed at the platform's next start.
	}
}

/**
 * Removes an instance's folder. Root never walks a folder that a function's user can change: its folder was
 * emptied by that user before, or it stays.
 */
export async function removeInstance(path: string, user: User | undefined): Promise<void> {
	if (user === undefined) return await rm(path, { recursive: true, force: true });
	for (const name of ["a", "b.js", "b.js.map", "main.js", "s", "s.new", "c", "k"])
		unlinkIfThere(join(path, name));
	// The function's files: no user can change this folder.
	const files = join(path, "b");
	if (lstatSync(files, { throwIfNoEntry: false }) !== undefined)
		await rm(files, { recursive: true, force: true });
	for (const folder of [join(path, "f"), path]) removeIfEmpty(folder);
}
