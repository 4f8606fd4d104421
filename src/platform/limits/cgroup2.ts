/**
 * The driver for control groups of version 2, which has one hierarchy. In it, a group that delegates controllers to
 * groups below cannot contain processes itself, except the topmost group. A platform that has its own group, as in a
 * systemd unit with `Delegate=yes` or in a container, therefore moves into a group below that one.
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

/** The controllers in a file of a group. Empty if the file does not exist. */
export async function controllersIn(folder: string, file: string): Promise<string[]> {
	const text = await readFile(join(folder, file), "latin1").catch(() => "");
	return text.split(/\s+/).filter(Boolean);
}

/** Delegates a group's controllers to the groups below it. @returns the resources that can be limited there */
async function delegate(folder: string): Promise<Resource[]> {
	const before = await controllersIn(folder, SUBTREE);
	for (const resource of RESOURCES) {
		const controller = CONTROLLERS[resource];
		// Written one by one, because the kernel rejects all of them if one is missing.
		if (!before.includes(controller)) await writeControl(folder, SUBTREE, `+${controller}`).catch(() => {});
	}
	const after = await controllersIn(folder, SUBTREE);
	return RESOURCES.filter((resource) => after.includes(CONTROLLERS[resource]));
}

/** The settings of the groups of functions, for the controllers that are available. */
function treeOf(root: string, bounded: readonly Resource[], { threads }: GroupDriverOptions): GroupTree {
	const has = (resource: Resource) => bounded.includes(resource);
	const pidsMax = (count: number) => (has("processes") ? { "pids.max": String(count) } : {});
	const all = bounded.map((resource) => `+${CONTROLLERS[resource]}`).join(" ");
	return {
		root,
		ofApp: { ...pidsMax(threads.ofApp), ...(all === "" ? {} : { [SUBTREE]: all }) },
		ofProcess: pidsMax(threads.ofProcess),
		...(has("processor") && {
			ofSpare: { "cpu.weight": CPU_WEIGHTS.starting },
			whileStarting: { "cpu.weight": CPU_WEIGHTS.starting },
			whileServing: { "cpu.weight": CPU_WEIGHTS.serving },
		}),
		// The kernel kills all processes of the group together, because a function with some of them missing cannot work.
		...(has("memory") && {
			ofMemory: (memoryMiB) => ({
				"memory.max": String(memoryBytes(memoryMiB)),
				"memory.oom.group": "1",
			}),
		}),
	};
}

/** The message if the kernel killed a process of the group for its use of memory. Undefined if it did not. */
async function oomMessage(folder: string): Promise<string | undefined> {
	const read = (file: string) => readFile(join(folder, file), "latin1").catch(() => "");
	if (!/^oom_kill [1-9]/m.test(await read("memory.events"))) return undefined;
	const maxMiB = Math.round(Number(await read("memory.max")) / 1024 / 1024);
	return `The function used ${maxMiB} MiB of memory at once and was ended.`;
}

async function openBelow(
	{ folder, leaf, restore }: GroupParent,
	options: GroupDriverOptions,
): Promise<Limits | undefined> {
	const root = join(folder, options.name);
	try {
		await makeGroup(root, {});
		const ofParent = await delegate(folder);
		const ofRoot = await delegate(root);
		const bounded = ofParent.filter((resource) => ofRoot.includes(resource));
		const tree = treeOf(root, bounded, options);
		if (bounded.includes("processor")) {
			await writeControl(root, "cpu.weight", CPU_WEIGHTS.functions);
			if (leaf !== undefined) await writeControl(leaf, "cpu.weight", CPU_WEIGHTS.platform);
		}
		if (bounded.includes("processes")) await writeControl(root, "pids.max", String(options.threads.ofAll));
		await probeGroups(tree);
		const { onFailure } = options;
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
 * Opens the driver with those controllers that work: below the platform's own group if no other programs are in it, or
 * else below the topmost group. Undefined if neither works.
 */
export async function openCgroup2(
	{ own, top }: Hierarchy,
	options: GroupDriverOptions,
): Promise<Limits | undefined> {
	const group = own === undefined ? undefined : parentOfLeaf(own);
	// The hierarchy's root group has no `cgroup.type`, and may contain processes.
	if (group !== undefined && existsSync(join(group, "cgroup.type"))) {
		const parent = await moveAllToLeaf(own as string);
		const limits = parent && (await openBelow(parent, options));
		if (limits !== undefined && limits.bounded.size > 0) return limits;
		await limits?.close();
	}
	return await openBelow({ folder: top, leaf: undefined, restore: async () => {} }, options);
}
