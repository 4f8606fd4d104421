/**
 * Where the driver's files lie, and as whom functions run: the two depend on one another, since a function's own
 * user must be able to get at its files.
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
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { reachableBinary } from "../../machine/reachable-binary.ts";
import { isReachable, mayChangeUser, Users, worksAs } from "../../machine/users.ts";
import { killOrphans } from "./orphaned-processes.ts";

/** The shortest limit of any system is 104 bytes, with the closing NUL. */
const SOCKET_PATH_BYTES = 103;
const ENTRIES = ["bin", "bundles", "egress", "functions", "host", "i"];

export interface DriverDirectoryOptions {
	/** A private directory that no other process uses; made where it is missing. */
	root: string;
	/** The host's `main.ts`, with its sibling files beside it. */
	hostPath: string;
	binary: string;
	/** Told once where functions cannot have users of their own although the platform is root. */
	onShared: () => void;
}

export interface DriverDirectory {
	/** Absolute; holds `bundles`, `egress`, `functions` and `i`, all empty. */
	readonly path: string;
	/** Deno, where functions can run it. */
	readonly binary: string;
	/** URL of the host's main module, where functions can read it. */
	readonly host: string;
	/** Undefined where functions run as the platform's own user. */
	readonly users: Users | undefined;
	/** Removes everything. */
	remove(): Promise<void>;
}

/**
 * Takes the directory over: ends and removes what an earlier platform left there, and finds out what works.
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

/** A copy of the host's modules that everybody may read who gets there: the package itself may lie anywhere. */
async function copyHost(hostPath: string, folder: string): Promise<string> {
	for (const name of await readdir(dirname(hostPath))) {
		const copy = join(folder, name);
		await copyFile(join(dirname(hostPath), name), copy);
		await chmod(copy, 0o444);
	}
	return pathToFileURL(join(folder, "main.ts")).href;
}

/** Users that really work, and a binary that they can run; undefined where there are none. */
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
		if (await worksAs(user, binary, probe)) return { users, binary };
		if (!(await stat(binary)).isFile()) return undefined;
		const copy = reachableBinary(binary, join(path, "bin"));
		return (await worksAs(user, copy, probe)) ? { users, binary: copy } : undefined;
	} catch {
		// A missing binary says so itself when a function starts.
		return undefined;
	} finally {
		await rm(probe, { recursive: true, force: true });
	}
}
