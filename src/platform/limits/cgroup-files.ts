/** The files of control groups: who is in one, how its processes are ended, how it is removed. */
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** What is written into a group's files, by their names. */
export type Settings = Readonly<Record<string, string>>;

/** Killed processes need a moment until they are gone; one that waits for a disk may need long. */
const TRIES = 300;
const TRY_MS = 10;

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? "";

/** Writes into a file of a group that is there. @throws the file system's error, ENOENT where the kernel has no such file */
export async function writeControl(folder: string, file: string, text: string): Promise<void> {
	await writeFile(join(folder, file), text, { flag: "r+" });
}

/** Makes a group, where it is not there yet, with its settings. @throws the file system's error */
export async function makeGroup(folder: string, settings: Settings): Promise<void> {
	await mkdir(folder).catch((error: unknown) => {
		if (codeOf(error) !== "EEXIST") throw error;
	});
	for (const [file, text] of Object.entries(settings)) await writeControl(folder, file, text);
}

/** Moves a process with all of its threads. @returns false where there is no such process any more @throws the file system's error */
export async function moveProcess(folder: string, pid: number): Promise<boolean> {
	try {
		await writeControl(folder, "cgroup.procs", String(pid));
		return true;
	} catch (error) {
		if (codeOf(error) === "ESRCH") return false;
		throw error;
	}
}

/** The processes in a group, without those in groups below it; empty where there is no such group. */
export async function processesIn(folder: string): Promise<number[]> {
	const text = await readFile(join(folder, "cgroup.procs"), "latin1").catch(() => "");
	// Processes of other containers are listed as 0, and a signal to 0 would go to this process and its siblings.
	return text
		.split("\n")
		.map(Number)
		.filter((pid) => pid > 0);
}

/**
 * Moves all processes of one group to another, those that they start meanwhile as well.
 * @throws the file system's error, or Error where they start others without end
 */
export async function moveAll(from: string, to: string): Promise<void> {
	for (let tries = 1; tries <= TRIES; tries++) {
		const pids = await processesIn(from);
		if (pids.length === 0) return;
		for (const pid of pids) await moveProcess(to, pid);
	}
	throw new Error("The processes of a group do not stop starting others.");
}

async function groupsIn(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
	return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}

function kill(pid: number): void {
	try {
		process.kill(pid, "SIGKILL");
	} catch {
		// It ended by itself in between.
	}
}

/** Kills all processes of a group and of those below: at once where the kernel can (version 2), otherwise those that are seen now. */
async function killAll(folder: string): Promise<void> {
	try {
		await writeControl(folder, "cgroup.kill", "1");
	} catch {
		for (const pid of await processesIn(folder)) kill(pid);
	}
}

/**
 * Ends every process in a group and in those below it, and removes them all. Nothing happens where there is none.
 * @throws the file system's error where processes do not end within some seconds, or the group cannot be removed
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
		// In each round: what was seen may have started others meanwhile.
		await killAll(folder);
		await setTimeout(TRY_MS);
		for (const inner of await groupsIn(folder)) await removeGroup(inner);
	}
}
