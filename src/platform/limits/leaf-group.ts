/**
 * Makes it possible to create groups below the platform's own group: the platform moves into a leaf group next to
 * them. The processes that started it (npm, a shell, an init) are in the same group and move with it. The platform
 * does not move if other programs are in the group.
 */
import { readFile, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { makeGroup, moveProcess, processesIn, type Settings, writeControl } from "./cgroup-files.ts";

const LEAF = "coffer-platform";

/** A group below which groups can be created. */
export interface GroupParent {
	readonly folder: string;
	/** The platform's leaf group. Undefined if the platform is not in one. */
	readonly leaf: string | undefined;
	/** Moves the processes back and removes the leaf. */
	readonly restore: () => Promise<void>;
}

/** The group below which groups are created. A process that was started by a process in a leaf is in that leaf too. */
export const parentOfLeaf = (own: string) => (basename(own) === LEAF ? dirname(own) : own);

/** The parent of a process. 0 if the process has ended or has no parent. */
async function parentPid(pid: number): Promise<number> {
	const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
	// The name is in brackets and may contain any character. State and parent follow.
	return Number(stat.replace(/^.*\)/s, "").trim().split(" ")[1] ?? 0);
}

/** A process and all of its ancestors. */
async function lineageOf(pid: number): Promise<number[]> {
	const lineage: number[] = [];
	for (let at = pid; at > 0 && !lineage.includes(at); at = await parentPid(at)) lineage.push(at);
	return lineage;
}

/** Whether each of the processes is an ancestor or a descendant of this process. */
async function areRelated(pids: readonly number[]): Promise<boolean> {
	const lineage = await lineageOf(process.pid);
	for (const pid of pids)
		if (!lineage.includes(pid) && !(await lineageOf(pid)).includes(process.pid)) return false;
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
	// If other processes have joined the leaf, it stays, and a later platform uses it again.
	await rmdir(join(folder, LEAF)).catch(() => {});
}

/**
 * Moves the platform alone into a leaf, which version 1 allows.
 * @param settings the settings of the leaf
 * @returns a function that moves the platform back
 * @throws the file system's error if that is not permitted
 */
export async function moveToLeaf(parent: string, settings: Settings): Promise<() => Promise<void>> {
	const leaf = join(parent, LEAF);
	await makeGroup(leaf, settings);
	await moveProcess(leaf, process.pid);
	return async () => {
		await moveProcess(parent, process.pid);
		// This fails if another platform is in the leaf.
		await rmdir(leaf).catch(() => {});
	};
}

/**
 * Moves all processes of the platform's own group into a leaf.
 * @param own the folder of the platform's group
 * @returns undefined if other programs are in the group, or it cannot be changed
 */
export async function moveAllToLeaf(own: string): Promise<GroupParent | undefined> {
	const folder = parentOfLeaf(own);
	// The platform is in a leaf already. The platform that created the leaf restores the group.
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
