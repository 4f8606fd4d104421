/** Kills processes that a killed platform left behind. */
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { isFunctionUser } from "../../machine/users.ts";

const ROUNDS = 100;

/** Whether a process works below the directory or belongs to one of the users. */
async function isOrphan(pid: string, directory: string, users: ReadonlySet<number>): Promise<boolean> {
	const status = await readFile(`/proc/${pid}/status`, "latin1").catch(() => "");
	// Zombies are ignored, because their parent may never collect their status.
	if (/^State:\s+[ZX]/m.test(status)) return false;
	// In a container, root may signal other users' processes but not see their working directories.
	if (users.has(Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]))) return true;
	const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
	return cwd.startsWith(directory + sep);
}

/** The users of functions that own instances in a folder. */
async function usersOf(instances: string): Promise<Set<number>> {
	const users = new Set<number>();
	for (const name of await readdir(instances).catch(() => [])) {
		const gid = await stat(join(instances, name)).then(
			(found) => found.gid,
			() => -1,
		);
		if (isFunctionUser(gid)) users.add(gid);
	}
	return users;
}

/**
 * Kills functions that an earlier platform started in a directory, and every other process of their users.
 * @param instances the folder with one folder for each instance, which belongs to the group of the instance's
 *   user
 */
export async function killOrphans(directory: string, instances: string): Promise<void> {
	const users = await usersOf(instances);
	// Several rounds: a process may have forked between listing and signal, and it uses its files until it has exited.
	for (let round = 0; round < ROUNDS; round++) {
		const entries = await readdir("/proc").catch(() => []);
		let found = 0;
		for (const pid of entries.filter((entry) => /^\d+$/.test(entry))) {
			if (!(await isOrphan(pid, directory, users))) continue;
			found++;
			try {
				process.kill(Number(pid), "SIGKILL");
			} catch {
				// The process exited in the meantime.
			}
		}
		if (found === 0) return;
	}
}
