/**
 * How the platform makes room for groups below its own one: it moves into a leaf beside them, together with the
 * processes that it was started by, which are in the same group (npm, a shell, an init), if there are no others.
 */
import { readFile, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { makeGroup, moveProcess, processesIn, type Settings, writeControl } from "./cgroup-files.ts";

const LEAF = "coffer-platform";

/** A group below which groups may be made. */
export interface GroupParent {
	readonly folder: string;
	/** The group that the platform is in, where that is one of these. */
	readonly leaf: string | undefined;
	/** Puts everything back as it was. */
	readonly restore: () => Promise<void>;
}

/** The group to make room in: a process that was started by one in a leaf is in that leaf already. */
export const parentOfLeaf = (own: string) => (basename(own) === LEAF ? dirname(own) : own);

/** The process that started one; 0 where it is gone, or there is none. */
async function parentPid(pid: number): Promise<number> {
	const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
	// The name is in brackets and may hold anything; state and parent follow.
	return Number(stat.replace(/^.*\)/s, "").trim().split(" ")[1] ?? 0);
}

/** A process and all of those that led to it. */
async function ancestorsOf(pid: number): Promise<number[]> {
	const line: number[] = [];
	for (let at = pid; at > 0 && !line.includes(at); at = await parentPid(at)) line.push(at);
	return line;
}

/** Whether all of the processes started this one, or were started by it. */
async function areRelated(pids: readonly number[]): Promise<boolean> {
	const own = await ancestorsOf(process.pid);
	for (const pid of pids)
		if (!own.includes(pid) && !(await ancestorsOf(pid)).includes(process.pid)) return false;
	return true;
}

async function moveProcesses(from: string, to: string): Promise<void> {
	for (const pid of await processesIn(from)) await moveProcess(to, pid);
}

async function restore(folder: string): Promise<void> {
	const text = await readFile(join(folder, "cgroup.subtree_control"), "latin1");
	for (const controller of text.split(/\s+/).filter(Boolean))
		await writeControl(folder, "cgroup.subtree_control", `-${controller}`);
	await moveProcesses(join(folder, LEAF), folder);
	// Nobody who came into it meanwhile is ended for that: a group that is left is used again.
	await rmdir(join(folder, LEAF)).catch(() => {});
}

/**
 * Moves the platform alone into a leaf, as version 1 allows.
 * @param settings those of the leaf
 * @returns moves it back
 * @throws the file system's error where that is not allowed
 */
export async function moveToLeaf(parent: string, settings: Settings): Promise<() => Promise<void>> {
	const leaf = join(parent, LEAF);
	await makeGroup(leaf, settings);
	await moveProcess(leaf, process.pid);
	return async () => {
		await moveProcess(parent, process.pid);
		// Another platform may be in it.
		await rmdir(leaf).catch(() => {});
	};
}

/**
 * Empties the platform's own group into a leaf.
 * @param own the folder of the platform's group
 * @returns undefined where it is not the platform's alone, or may not be changed
 */
export async function moveAllToLeaf(own: string): Promise<GroupParent | undefined> {
	const folder = parentOfLeaf(own);
	// A leaf that is there is another platform's, or this one's of before: whoever made it puts things back.
	if (folder !== own) return { folder, leaf: own, restore: async () => {} };
	if (!(await areRelated(await processesIn(folder)))) return undefined;
	const leaf = join(folder, LEAF);
	try {
		await makeGroup(leaf, {});
		await moveProcesses(folder, leaf);
		return { folder, leaf, restore: () => restore(folder) };
	} catch {
		await restore(folder).catch(() => {});
		return undefined;
	}
}
