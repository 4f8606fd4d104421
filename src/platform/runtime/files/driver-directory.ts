/**
 * The runtime's directory and the users of functions. The two depend on each other, because a function's user
 * must be able to reach its files.
 */
import {
	chmod,
	chown,
	copyFile,
	mkdir,
	mkdtemp,
	readdir,
	readlink,
	rm,
	stat,
	symlink,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { reachableBinary } from "../../machine/reachable-binary.ts";
import { canRunAs, isReachable, mayChangeUser, Users } from "../../machine/users.ts";
import { killOrphans } from "./orphaned-processes.ts";

/** The longest path of a socket. The smallest limit of any system is 104 bytes, including the final NUL. */
const SOCKET_PATH_BYTES = 103;
const ENTRIES = ["bin", "bundles", "compiled", "egress", "functions", "host", "i"];

export interface DriverDirectoryOptions {
	/** A private directory that no other process uses. It is created if it does not exist. */
	root: string;
	/** The path of the host's `main.js`. Its other modules are in the same folder. */
	hostPath: string;
	binary: string;
	/** Called once if functions cannot have separate users although the platform is root. */
	onShared: () => void;
}

export interface DriverDirectory {
	/** An absolute path. It contains `bundles`, `compiled`, `egress`, `functions` and `i`, all empty. */
	readonly path: string;
	/** The path of a Deno binary that functions can execute. */
	readonly binary: string;
	/** The URL of the host's main module, at a path that functions can read. */
	readonly host: string;
	/** Undefined if functions run as the platform's own user. */
	readonly users: Users | undefined;
	/** Removes all files. */
	remove(): Promise<void>;
}

/**
 * Takes over the directory: kills processes and removes files that an earlier platform left there, and tests whether
 * functions can have separate users.
 * @throws the file system's error
 */
export async function openDriverDirectory({
	root,
	hostPath,
	binary,
	onShared,
}: DriverDirectoryOptions): Promise<DriverDirectory> {
	await mkdir(root, { recursive: true, mode: 0o700 });
	const link = join(root, "place");
	const earlier = await readlink(link).catch(() => root);
	await killOrphans(earlier, join(earlier, "i"));
	const remove = async (path: string) => {
		const all = [...ENTRIES.map((entry) => join(root, entry)), link, ...(path === root ? [] : [path])];
		await Promise.all(all.map((entry) => rm(entry, { recursive: true, force: true })));
	};
	await remove(earlier);
	const isTooLong = Buffer.byteLength(join(root, "i", "1000000", "f", "s")) > SOCKET_PATH_BYTES;
	const isClosed = mayChangeUser() && !(await isReachable(root));
	const path = isTooLong || isClosed ? await mkdtemp(join(tmpdir(), "coffer-")) : root;
	if (path !== root) await symlink(path, link);
	for (const entry of ENTRIES) await mkdir(join(path, entry), { mode: 0o711 });
	const host = await copyHost(hostPath, join(path, "host"));
	const found = mayChangeUser() ? await findUsers(path, binary) : undefined;
	if (found === undefined && mayChangeUser()) onShared();
	await chmod(path, found === undefined ? 0o700 : 0o711);
	return { path, host, binary: found?.binary ?? binary, users: found?.users, remove: () => remove(path) };
}

/**
 * Copies the host's modules to a folder in which all users can read them, because the package itself may be
 * anywhere.
 */
async function copyHost(hostPath: string, folder: string): Promise<string> {
	const entries = await readdir(dirname(hostPath), { recursive: true, withFileTypes: true });
	for (const entry of entries) {
		const source = join(entry.parentPath, entry.name);
		const copy = join(folder, relative(dirname(hostPath), source));
		if (entry.isDirectory()) await mkdir(copy, { recursive: true, mode: 0o711 });
		if (!entry.isFile()) continue;
		await mkdir(dirname(copy), { recursive: true, mode: 0o711 });
		await copyFile(source, copy);
		await chmod(copy, 0o444);
	}
	return pathToFileURL(join(folder, "main.js")).href;
}

/** Users that were tested, and a binary that they can execute; undefined if there are none. */
async function findUsers(
	path: string,
	binary: string,
): Promise<{ users: Users; binary: string } | undefined> {
	const users = new Users();
	const user = users.reserve();
	const probe = join(path, "i", "probe");
	try {
		await chmod(path, 0o711);
		await mkdir(probe, { mode: 0o700 });
		await chown(probe, user.uid, user.gid);
		if (await canRunAs(user, binary, probe)) return { users, binary };
		if (!(await stat(binary)).isFile()) return undefined;
		const copy = reachableBinary(binary, join(path, "bin"));
		return (await canRunAs(user, copy, probe)) ? { users, binary: copy } : undefined;
	} catch {
		// A missing binary is reported when a function starts.
		return undefined;
	} finally {
		await rm(probe, { recursive: true, force: true });
	}
}
