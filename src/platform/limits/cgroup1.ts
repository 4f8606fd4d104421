/** The driver for control groups of version 1, which has a hierarchy for each controller. It uses `cpu` and `pids`. */
import { join } from "node:path";
import type { GroupDriverOptions } from "./cgroup-drivers.ts";
import { makeGroup, removeGroup, type Settings } from "./cgroup-files.ts";
import { probeGroups } from "./cgroup-probe.ts";
import type { Hierarchy } from "./hierarchies.ts";
import { moveToLeaf, parentOfLeaf } from "./leaf-group.ts";
import type { Limits, Resource } from "./limits.ts";
import { type GroupTree, ProcessGroups } from "./process-groups.ts";
import { CPU_SHARES } from "./shares.ts";

/** The resource that a controller limits, and the settings of its groups. */
interface ControllerSettings {
	readonly resource: Resource;
	readonly controller: string;
	readonly root: Settings;
	/** The settings of the platform's own group, if it gets one. */
	readonly ofPlatform?: Settings;
	readonly ofGroups: Omit<GroupTree, "root">;
}

const controllerSettings = ({ threads }: GroupDriverOptions): ControllerSettings[] => [
	{
		resource: "processor",
		controller: "cpu",
		root: { "cpu.shares": CPU_SHARES.functions },
		ofPlatform: { "cpu.shares": CPU_SHARES.platform },
		ofGroups: {
			ofApp: {},
			ofProcess: {},
			ofSpare: { "cpu.shares": CPU_SHARES.starting },
			whileStarting: { "cpu.shares": CPU_SHARES.starting },
			whileServing: { "cpu.shares": CPU_SHARES.serving },
		},
	},
	{
		resource: "processes",
		controller: "pids",
		root: { "pids.max": String(threads.ofAll) },
		ofGroups: {
			ofApp: { "pids.max": String(threads.ofApp) },
			ofProcess: { "pids.max": String(threads.ofProcess) },
		},
	},
];

interface OpenedTree {
	readonly tree: GroupTree;
	readonly restore: () => Promise<void>;
}

const NOTHING = async () => {};

/** Opens a controller's tree below the platform's own group, or else below the topmost one. Undefined if neither works. */
async function openTree(
	{ own, top }: Hierarchy,
	settings: ControllerSettings,
	{ name }: GroupDriverOptions,
): Promise<OpenedTree | undefined> {
	const group = own === undefined ? top : parentOfLeaf(own);
	for (const parent of new Set([group, top])) {
		const { ofGroups, ofPlatform } = settings;
		const tree = { root: join(parent, name), ...ofGroups };
		try {
			await makeGroup(tree.root, settings.root);
			await probeGroups(tree);
			// If the platform cannot be moved, functions are limited without it.
			const restore = ofPlatform && (await moveToLeaf(parent, ofPlatform).catch(() => undefined));
			return { tree, restore: restore ?? NOTHING };
		} catch {
			await removeGroup(tree.root).catch(() => {});
		}
	}
	return undefined;
}

/**
 * Opens the driver with those controllers that work. Undefined if none works.
 */
export async function openCgroup1(
	hierarchies: readonly Hierarchy[],
	options: GroupDriverOptions,
): Promise<Limits | undefined> {
	const opened: OpenedTree[] = [];
	const bounded = new Set<Resource>();
	for (const settings of controllerSettings(options)) {
		const hierarchy = hierarchies.find(
			({ controllers, version }) => version === 1 && controllers.includes(settings.controller),
		);
		const tree = hierarchy && (await openTree(hierarchy, settings, options));
		if (tree === undefined) continue;
		opened.push(tree);
		bounded.add(settings.resource);
	}
	if (opened.length === 0) return undefined;
	const trees = opened.map(({ tree }) => tree);
	const restore = async () => {
		for (const tree of opened) await tree.restore();
	};
	return new ProcessGroups({ driver: "cgroup v1", bounded, trees, restore, onFailure: options.onFailure });
}
