/**
 * Ends what a platform that was killed itself left running.
 */
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { isFunctionUser } from "../../machine/users.ts";

const ROUNDS = 100;

/** Whether a process is there that works below the directory, or belongs to one of the users. */
async function isOrphan(pid: string, directory: string, users: ReadonlySet<number>): Promise<boolean> {
	const status = await readFile(`/proc/${pid}/status`, "latin1").catch(() => "");
	// Nobody may ever come to take a dead one's status.
	if (/^State:\s+[ZX]/m.test(status)) return false;
	// In a container root may signal others' processes and not see where they work.
	if (users.has(Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]))) return true;
	const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
	return cwd.startsWith(directory + sep);
}

/** The users of functions who own instances here. */
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
 * Kills functions that an earlier platform started in a directory, and whatever else runs as their users.
 * @param instances the folder of the directory with one folder for each instance, of its user's group
 */
export async function killOrphans(directory: string, instances: string): Promise<void> {
	const users = await usersOf(instances);
	// More than once: what is seen may have become two meanwhile, and has its files until it is gone.
	for (let round = 0; round < ROUNDS; round++) {
		const entries = await readdir("/proc").catch(() => []);
		let found = 0;
		for (const pid of entries.filter((entry) => /^\d+$/.test(entry))) {
			if (!(await isOrphan(pid, directory, users))) continue;
			found++;
			try {
				process.kill(Number(pid), "SIGKILL");
			} catch {
				// It ended by itself in between.
			}
		}
		if (found === 0) return;
	}
}
