/** The files by which a platform finds the data plane of its data directory. */
import { mkdir, mkdtemp, readFile, readlink, rm, rmdir, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pidFile } from "../configuration.ts";

const LINK = "data-plane";
/** The longest path of a socket. The smallest limit of any system is 104 bytes, including the final NUL. */
const SOCKET_PATH_BYTES = 103;

/** The path of the socket of the data plane that runs or ran. Undefined if there was none. */
export async function socketOf(directory: string): Promise<string | undefined> {
	return await readlink(join(directory, LINK)).catch(() => undefined);
}

/** The process id of the data plane at a socket. Undefined if an earlier version did not write it down. */
export async function pidOf(socketPath: string): Promise<number | undefined> {
	const text = await readFile(pidFile(socketPath), "latin1").catch(() => "");
	return /^[1-9]\d*\n$/.test(text) ? Number(text) : undefined;
}

/** The file with what Node itself writes if a data plane crashes. */
export function errorFile(directory: string): string {
	return join(directory, "data-plane.stderr");
}

/** Removes the socket of a data plane that has ended. */
export async function removeSocket(directory: string): Promise<void> {
	const link = join(directory, LINK);
	const socket = await socketOf(directory);
	await rm(link, { force: true });
	if (socket === undefined) return;
	await Promise.all([socket, pidFile(socket)].map((path) => rm(path, { force: true })));
	// The folder is empty, unless something else is in it.
	await rmdir(dirname(socket)).catch(() => undefined);
}

/** A path for the socket of a new data plane, to which the link in the directory leads. */
export async function newSocketPath(directory: string): Promise<string> {
	const link = join(directory, LINK);
	await mkdir(directory, { recursive: true, mode: 0o700 });
	await removeSocket(directory);
	const near = join(directory, "plane", "s");
	const isShort = Buffer.byteLength(near) <= SOCKET_PATH_BYTES;
	const path = isShort ? near : join(await mkdtemp(join(tmpdir(), "coffer-plane-")), "s");
	await mkdir(dirname(path), { recursive: true, mode: 0o700 });
	await rm(path, { force: true });
	await symlink(path, link);
	return path;
}
