/** The driver for control groups of version 1: a hierarchy for each controller, of which `cpu` and `pids` are used. */
import { join } from "node:path";
import type { GroupDriverOptions } from "./cgroup-drivers.ts";
import { makeGroup, removeGroup, type Settings } from "./cgroup-files.ts";
import { probeGroups } from "./cgroup-probe.ts";
import type { Hierarchy } from "./hierarchies.ts";
import { moveToLeaf, parentOfLeaf } from "./leaf-group.ts";
import type { Limits, Resource } from "./limits.ts";
import { type GroupTree, ProcessGroups } from "./process-groups.ts";
import { CPU_SHARES } from "./shares.ts";

/** What is bounded by a controller, and how. */
interface ControllerSettings {
	readonly resource: Resource;
	readonly controller: string;
	readonly root: Settings;
	/** Of the platform's own group, where it is to have one. */
	readonly ofPlatform?: Settings;
	readonly ofApp: Settings;
	readonly ofProcess: Settings;
}

const controllerSettings = ({ threads }: GroupDriverOptions): ControllerSettings[] => [
	{
		resource: "processor",
		controller: "cpu",
		root: { "cpu.shares": CPU_SHARES.functions },
		ofPlatform: { "cpu.shares": CPU_SHARES.platform },
		ofApp: {},
		ofProcess: {},
	},
	{
		resource: "processes",
		controller: "pids",
		root: { "pids.max": String(threads.ofAll) },
		ofApp: { "pids.max": String(threads.ofApp) },
		ofProcess: { "pids.max": String(threads.ofProcess) },
	},
];

interface OpenedTree {
	readonly tree: GroupTree;
	readonly restore: () => Promise<void>;
}

const NOTHING = async () => {};

/** Opens a control below the platform's own group, else below the topmost one; undefined where neither works. */
async function openTree(
	{ own, top }: Hierarchy,
	control: ControllerSettings,
	{ name }: GroupDriverOptions,
): Promise<OpenedTree | undefined> {
	const group = own === undefined ? top : parentOfLeaf(own);
	for (const parent of new Set([group, top])) {
		const { ofApp, ofPlatform, ofProcess } = control;
		const tree = { root: join(parent, name), ofApp, ofProcess };
		try {
			await makeGroup(tree.root, control.root);
			await probeGroups(tree);
			// Functions are held to their share all the same where it cannot be moved.
			const restore = ofPlatform && (await moveToLeaf(parent, ofPlatform).catch(() => undefined));
			return { tree, restore: restore ?? NOTHING };
		} catch {
			await removeGroup(tree.root).catch(() => {});
		}
	}
	return undefined;
}

/**
 * Opens the driver with what works of it; undefined where nothing does. What an earlier platform left in its place is
 * ended and removed before.
 */
export async function openCgroup1(
	hierarchies: readonly Hierarchy[],
	place: GroupDriverOptions,
): Promise<Limits | undefined> {
	const opened: OpenedTree[] = [];
	const bounded = new Set<Resource>();
	for (const control of controllerSettings(place)) {
		const found = hierarchies.find(
			({ controllers, version }) => version === 1 && controllers.includes(control.controller),
		);
		const one = found && (await openTree(found, control, place));
		if (one === undefined) continue;
		opened.push(one);
		bounded.add(control.resource);
	}
	if (opened.length === 0) return undefined;
	const trees = opened.map(({ tree }) => tree);
	const restore = async () => {
		for (const one of opened) await one.restore();
	};
	return new ProcessGroups({ driver: "cgroup v1", bounded, trees, restore, onFailure: place.onFailure });
}
