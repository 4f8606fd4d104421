/** The files of one instance, and how they are changed where a function's user has a hand in them. */
import { chmod, chown, link, lstat, mkdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { User } from "../../machine/users.ts";

export interface InstanceDirectory {
	/** Whom the process runs as; the platform's own user where undefined. */
	readonly user: User | undefined;
	/** Where the platform connects to. */
	readonly socketPath: string;
	/** Where the function listens. */
	readonly listenPath: string;
	readonly controlPath: string;
	/** A FIFO that the function may write to; undefined where it was not asked for, or the system has none. */
	readonly auditPath: string | undefined;
	/** The only place where the function may write, and its working directory. */
	readonly temporary: string;
	readonly denoDirectory: string;
	/** The bundle's file. */
	readonly bundle: string;
	/** The main module. */
	readonly main: string;
	/**
	 * Makes the platform's socket path name what listens now.
	 * @throws where that is no socket
	 */
	publish(): Promise<void>;
	/** Has what Deno keeps for the function removed, once no process of the function is left. */
	clearStorage(): void;
	/** Removes what nobody else uses, after the end of the process. */
	release(): Promise<void>;
}

/** The files of an instance that is nobody's yet: its bundle is not there. */
export interface SpareDirectory extends InstanceDirectory {
	/** Puts the bundle there. */
	fill(bundle: BundleFile): Promise<void>;
}

export interface BundleFile {
	code: Uint8Array;
	/** JSON. */
	sourceMap: string | undefined;
}

/** Makes a folder that a function may write to. */
export async function makeUserFolder(user: User | undefined, path: string): Promise<void> {
	await mkdir(path, { mode: 0o700 });
	if (user !== undefined) await chown(path, user.uid, user.gid);
}

/** Gives what root made to a function's group to read. */
export async function allowGroup(user: User | undefined, path: string, mode: number): Promise<void> {
	if (user === undefined) return;
	await chown(path, 0, user.gid);
	await chmod(path, mode);
}

/** Writes a bundle, which names its map, and the map beside it. @param name of the bundle's file, in the folder of both */
export async function writeBundle(
	path: string,
	name: string,
	{ code, sourceMap }: BundleFile,
	user: User | undefined,
): Promise<void> {
	const end = `\n//# sourceMappingURL=${name}.map\n`;
	const text = sourceMap === undefined ? code : Buffer.concat([code, Buffer.from(end)]);
	await writeFile(`${path}.new`, text, { mode: 0o400 });
	await allowGroup(user, `${path}.new`, 0o440);
	if (sourceMap !== undefined) {
		await writeFile(`${path}.map`, sourceMap, { mode: 0o600 });
		await allowGroup(user, `${path}.map`, 0o440);
	}
	await rename(`${path}.new`, path);
}

/** Gives a socket a second name. Neither step follows a link. */
export async function publish(socket: string, name: string): Promise<void> {
	const unchecked = `${name}.new`;
	await rm(unchecked, { force: true });
	await link(socket, unchecked);
	if (!(await lstat(unchecked)).isSocket()) {
		await rm(unchecked, { force: true });
		throw new Error("What the function listens on is no socket.");
	}
	await rename(unchecked, name);
	// Where both were names of one socket already, renaming left them both.
	await rm(unchecked, { force: true });
}

/** Of a function's user nothing is walked through as root: its folder was emptied before, or stays. */
export async function removeInstance(path: string, user: User | undefined): Promise<void> {
	if (user === undefined) return await rm(path, { recursive: true, force: true });
	for (const name of ["a", "b.js", "b.js.map", "main.js", "s", "s.new", "c"])
		await rm(join(path, name), { force: true });
	for (const folder of [join(path, "f"), path]) await rmdir(folder).catch(() => {});
}
