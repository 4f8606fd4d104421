/**
 * The driver for control groups of version 2: one hierarchy, in which a group that hands controllers on to groups below
 * it holds no processes itself (but for the topmost). A platform that has a group to itself, as in a unit of systemd
 * with `Delegate=yes` or in a container, therefore moves into a group below that one.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { GroupDriverOptions } from "./cgroup-drivers.ts";
import { makeGroup, removeGroup, writeControl } from "./cgroup-files.ts";
import { probeGroups } from "./cgroup-probe.ts";
import type { Hierarchy } from "./hierarchies.ts";
import { type GroupParent, moveAllToLeaf, parentOfLeaf } from "./leaf-group.ts";
import { type Limits, RESOURCES, type Resource } from "./limits.ts";
import { type GroupTree, ProcessGroups } from "./process-groups.ts";
import { CPU_WEIGHTS, memoryBytes } from "./shares.ts";

const CONTROLLERS: Readonly<Record<Resource, string>> = {
	processor: "cpu",
	processes: "pids",
	memory: "memory",
};

const SUBTREE = "cgroup.subtree_control";

/** Controllers in a file of a group; none where it is not there. */
export async function controllersIn(folder: string, file: string): Promise<string[]> {
	const text = await readFile(join(folder, file), "latin1").catch(() => "");
	return text.split(/\s+/).filter(Boolean);
}

/** Hands on what a group has of the controllers. @returns what the groups below it are bounded by */
async function delegate(folder: string): Promise<Resource[]> {
	const before = await controllersIn(folder, SUBTREE);
	for (const resource of RESOURCES) {
		const controller = CONTROLLERS[resource];
		// One by one, since all would be refused where one is not there.
		if (!before.includes(controller)) await writeControl(folder, SUBTREE, `+${controller}`).catch(() => {});
	}
	const after = await controllersIn(folder, SUBTREE);
	return RESOURCES.filter((resource) => after.includes(CONTROLLERS[resource]));
}

/** What the groups of functions are set to, with the controllers that there are. */
function treeOf(root: string, bounded: readonly Resource[], { threads }: GroupDriverOptions): GroupTree {
	const has = (resource: Resource) => bounded.includes(resource);
	const pidsMax = (count: number) => (has("processes") ? { "pids.max": String(count) } : {});
	const all = bounded.map((resource) => `+${CONTROLLERS[resource]}`).join(" ");
	return {
		root,
		ofApp: { ...pidsMax(threads.ofApp), ...(all === "" ? {} : { [SUBTREE]: all }) },
		ofProcess: pidsMax(threads.ofProcess),
		// All of a process's children go with it: half of it would serve nobody.
		...(has("memory") && {
			ofMemory: (memoryMiB) => ({
				"memory.max": String(memoryBytes(memoryMiB)),
				"memory.oom.group": "1",
			}),
		}),
	};
}

/** Why the kernel ended a process of a group, where it did. */
async function oomMessage(folder: string): Promise<string | undefined> {
	const read = (file: string) => readFile(join(folder, file), "latin1").catch(() => "");
	if (!/^oom_kill [1-9]/m.test(await read("memory.events"))) return undefined;
	const maxMiB = Math.round(Number(await read("memory.max")) / 1024 / 1024);
	return `The function used ${maxMiB} MiB of memory at once and was ended.`;
}

async function openBelow(
	{ folder, leaf, restore }: GroupParent,
	place: GroupDriverOptions,
): Promise<Limits | undefined> {
	const root = join(folder, place.name);
	try {
		await makeGroup(root, {});
		const ofParent = await delegate(folder);
		const handedOn = await delegate(root);
		const bounded = ofParent.filter((resource) => handedOn.includes(resource));
		const tree = treeOf(root, bounded, place);
		if (bounded.includes("processor")) {
			await writeControl(root, "cpu.weight", CPU_WEIGHTS.functions);
			if (leaf !== undefined) await writeControl(leaf, "cpu.weight", CPU_WEIGHTS.platform);
		}
		if (bounded.includes("processes")) await writeControl(root, "pids.max", String(place.threads.ofAll));
		await probeGroups(tree);
		const { onFailure } = place;
		return new ProcessGroups({
			driver: "cgroup v2",
			bounded: new Set(bounded),
			trees: [tree],
			exceeded: oomMessage,
			restore,
			onFailure,
		});
	} catch {
		await removeGroup(root).catch(() => {});
		await restore().catch(() => {});
		return undefined;
	}
}

/**
 * Opens the driver with what works of it, below the platform's own group if that is its alone, else below the topmost
 * one; undefined where neither works. What an earlier platform left in its place is ended and removed before.
 */
export async function openCgroup2(
	{ own, top }: Hierarchy,
	place: GroupDriverOptions,
): Promise<Limits | undefined> {
	const group = own === undefined ? undefined : parentOfLeaf(own);
	// The topmost group of all has no type, and may hold processes.
	if (group !== undefined && existsSync(join(group, "cgroup.type"))) {
		const parent = await moveAllToLeaf(own as string);
		const limits = parent && (await openBelow(parent, place));
		if (limits !== undefined && limits.bounded.size > 0) return limits;
		await limits?.close();
	}
	return await openBelow({ folder: top, leaf: undefined, restore: async () => {} }, place);
}
