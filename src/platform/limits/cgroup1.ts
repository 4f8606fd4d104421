/** The driver for control groups of version 1: a hierarchy for each controller, of which `cpu` and `pids` are used. */
import { join } from "node:path";
import { makeGroup, removeGroup, type Settings } from "./group-files.ts";
import { Groups, type Tree } from "./groups.ts";
import type { Hierarchy } from "./hierarchies.ts";
import type { Limits, Resource } from "./limits.ts";
import type { GroupPlace } from "./places.ts";
import { FUNCTIONS_SHARES } from "./shares.ts";
import { tryOut } from "./trial.ts";

/** What is bounded by a controller, and how. */
interface Control {
	readonly resource: Resource;
	readonly controller: string;
	readonly root: Settings;
	readonly ofApp: Settings;
	readonly ofProcess: Settings;
}

const controlsOf = ({ threads }: GroupPlace): Control[] => [
	{
		resource: "processor",
		controller: "cpu",
		root: { "cpu.shares": FUNCTIONS_SHARES },
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

/** Opens a control below the platform's own group, else below the topmost one; undefined where neither works. */
async function openTree(
	{ own, top }: Hierarchy,
	control: Control,
	{ name }: GroupPlace,
): Promise<Tree | undefined> {
	for (const parent of new Set([own ?? top, top])) {
		const { ofApp, ofProcess } = control;
		const tree = { root: join(parent, name), ofApp, ofProcess };
		try {
			await makeGroup(tree.root, control.root);
			await tryOut(tree);
			return tree;
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
	place: GroupPlace,
): Promise<Limits | undefined> {
	const trees: Tree[] = [];
	const bounded = new Set<Resource>();
	for (const control of controlsOf(place)) {
		const found = hierarchies.find(
			({ controllers, version }) => version === 1 && controllers.includes(control.controller),
		);
		const tree = found && (await openTree(found, control, place));
		if (tree === undefined) continue;
		trees.push(tree);
		bounded.add(control.resource);
	}
	if (trees.length === 0) return undefined;
	return new Groups({ driver: "cgroup v1", bounded, trees, onFailure: place.onFailure });
}
