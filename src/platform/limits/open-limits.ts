/** Finds out, by trying it, by what this system can hold functions to a share of it. */
import { readFile, realpath, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { driversFor, type GroupDriver, type GroupDriverOptions, groupName } from "./cgroup-drivers.ts";
import { removeGroup } from "./cgroup-files.ts";
import { openCgroup1 } from "./cgroup1.ts";
import { controllersIn, openCgroup2 } from "./cgroup2.ts";
import { type Hierarchy, hierarchiesOf } from "./hierarchies.ts";
import { parentOfLeaf } from "./leaf-group.ts";
import type { Limits, LimitsOptions } from "./limits.ts";
import { priorityLimits } from "./priority.ts";
import { threadsOfAll, threadsOfApp, threadsOfProcess } from "./shares.ts";

/** As many threads as Linux gives where nothing else is said. */
const THREADS_MAX = 32_768;

const read = (path: string) => readFile(path, "latin1").catch(() => "");

/** The hierarchies of control groups that this process sees; none where the system has no such thing. */
export async function findHierarchies(): Promise<Hierarchy[]> {
	return hierarchiesOf(await read("/proc/self/mountinfo"), await read("/proc/self/cgroup"));
}

/** How many threads the whole system may have. */
async function systemThreadsMax(): Promise<number> {
	const files = ["pid_max", "threads-max"].map((name) => read(`/proc/sys/kernel/${name}`));
	const numbers = (await Promise.all(files)).map(Number).filter((number) => number > 0);
	return Math.min(...(numbers.length > 0 ? numbers : [THREADS_MAX]));
}

async function driverOptions({ directory, onFailure }: LimitsOptions): Promise<GroupDriverOptions> {
	const path = await realpath(directory);
	const systemMax = await systemThreadsMax();
	return {
		name: groupName(path, await stat(path)),
		threads: {
			ofAll: threadsOfAll(systemMax),
			ofApp: threadsOfApp(systemMax),
			ofProcess: threadsOfProcess(availableParallelism()),
		},
		onFailure,
	};
}

/** Ends and removes what a platform with the same directory left behind, whichever driver it had. */
async function removeLeftovers(hierarchies: readonly Hierarchy[], name: string): Promise<void> {
	const parents = hierarchies.flatMap(({ own, top }) => [
		top,
		...(own === undefined ? [] : [parentOfLeaf(own)]),
	]);
	// What cannot be removed is in nobody's way: groups that are there are used.
	for (const parent of new Set(parents)) await removeGroup(join(parent, name)).catch(() => {});
}

/** Opens one driver. @returns undefined where it does not work here */
export async function openDriver(
	driver: GroupDriver,
	hierarchies: readonly Hierarchy[],
	options: LimitsOptions,
): Promise<Limits | undefined> {
	const place = await driverOptions(options);
	await removeLeftovers(hierarchies, place.name);
	if (driver === "cgroup1") return await openCgroup1(hierarchies, place);
	const unified = hierarchies.find(({ version }) => version === 2);
	return unified && (await openCgroup2(unified, place));
}

/**
 * Opens the best driver that works, after what an earlier platform with the same directory left behind was ended.
 * @throws where the directory is not there
 */
export async function openLimits(options: LimitsOptions): Promise<Limits> {
	const hierarchies = await findHierarchies();
	const unified = hierarchies.filter(({ version }) => version === 2);
	const folders = unified.flatMap(({ own = [], top }) => [top].concat(own));
	const controllers = await Promise.all(folders.map((folder) => controllersIn(folder, "cgroup.controllers")));
	for (const driver of driversFor(hierarchies, controllers.flat())) {
		const limits = await openDriver(driver, hierarchies, options);
		if (limits !== undefined && limits.bounded.size > 0) return limits;
		await limits?.close();
	}
	return priorityLimits();
}
