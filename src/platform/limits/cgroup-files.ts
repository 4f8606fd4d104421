/** Reads and writes the files of control groups: settings, processes, removal. */
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** The settings of a group: names of files → content. */
export type Settings = Readonly<Record<string, string>>;

/** The most attempts of an operation. A killed process needs time to exit, especially if it waits for a disk. */
const TRIES = 300;
const TRY_MS = 10;

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? "";

/** Writes a file of an existing group. @throws the file system's error; ENOENT if the kernel does not provide the file */
export async function writeControl(folder: string, file: string, text: string): Promise<void> {
	await writeFile(join(folder, file), text, { flag: "r+" });
}

/** Creates a group unless it exists, and applies its settings. @throws the file system's error */
export async function makeGroup(folder: string, settings: Settings): Promise<void> {
	await mkdir(folder).catch((error: unknown) => {
		if (codeOf(error) !== "EEXIST") throw error;
	});
	for (const [file, text] of Object.entries(settings)) await writeControl(folder, file, text);
}

/** Moves a process with all of its threads. @returns false if the process has ended @throws the file system's error */
export async function moveProcess(folder: string, pid: number): Promise<boolean> {
	try {
		await writeControl(folder, "cgroup.procs", String(pid));
		return true;
	} catch (error) {
		if (codeOf(error) === "ESRCH") return false;
		throw error;
	}
}

/** The processes in a group, without those in the groups below it. Empty if the group does not exist. */
export async function processesIn(folder: string): Promise<number[]> {
	const text = await readFile(join(folder, "cgroup.procs"), "latin1").catch(() => "");
	// Processes of other containers are listed as 0. A signal to 0 would go to this process's own process group.
	return text
		.split("\n")
		.map(Number)
		.filter((pid) => pid > 0);
}

/**
 * Moves all processes of one group to another, including processes that are started during the move.
 * @throws the file system's error, or Error if the processes never stop starting others
 */
export async function moveAll(from: string, to: string): Promise<void> {
	for (let tries = 1; tries <= TRIES; tries++) {
		const pids = await processesIn(from);
		if (pids.length === 0) return;
		for (const pid of pids) await moveProcess(to, pid);
	}
	throw new Error(
		`The processes of the control group ${from} could not be moved: they keep starting others.`,
	);
}

async function groupsIn(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
	return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}

function kill(pid: number): void {
	try {
		process.kill(pid, "SIGKILL");
	} catch {
		// The process has ended in the meantime.
	}
}

/** Kills the processes of a group: in version 2 all at once with those of the groups below, in version 1 those that are listed now. */
async function killAll(folder: string): Promise<void> {
	try {
		await writeControl(folder, "cgroup.kill", "1");
	} catch {
		for (const pid of await processesIn(folder)) kill(pid);
	}
}

/**
 * Kills every process in a group and in the groups below it, and removes these groups. Does nothing if the group does
 * not exist.
 * @throws the file system's error if processes do not exit within some seconds, or the group cannot be removed
 */
export async function removeGroup(folder: string): Promise<void> {
	for (const inner of await groupsIn(folder)) await removeGroup(inner);
	for (let tries = 1; ; tries++) {
		try {
			return await rmdir(folder);
		} catch (error) {
			if (codeOf(error) === "ENOENT") return;
			if (codeOf(error) !== "EBUSY" || tries === TRIES) throw error;
		}
		// Killed in each round, because a process may have started others in the meantime.
		await killAll(folder);
		await setTimeout(TRY_MS);
		for (const inner of await groupsIn(folder)) await removeGroup(inner);
	}
}
