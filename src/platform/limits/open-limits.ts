/** Opens the best driver of limits that works on this system. */
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

/** Linux's default for the maximum number of threads. */
const THREADS_MAX = 32_768;

const read = (path: string) => readFile(path, "latin1").catch(() => "");

/** The hierarchies of control groups that this process sees. Empty if the system has none. */
export async function findHierarchies(): Promise<Hierarchy[]> {
	return hierarchiesOf(await read("/proc/self/mountinfo"), await read("/proc/self/cgroup"));
}

/** The maximum number of threads of the whole system. */
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

/** Kills the processes and removes the groups of an earlier platform with the same directory, whichever driver it used. */
async function removeLeftovers(hierarchies: readonly Hierarchy[], name: string): Promise<void> {
	const parents = hierarchies.flatMap(({ own, top }) => [
		top,
		...(own === undefined ? [] : [parentOfLeaf(own)]),
	]);
	// A group that cannot be removed does no harm, because existing groups are used.
	for (const parent of new Set(parents)) await removeGroup(join(parent, name)).catch(() => {});
}

/** Opens a driver. @returns undefined if it does not work on this system */
export async function openDriver(
	driver: GroupDriver,
	hierarchies: readonly Hierarchy[],
	options: LimitsOptions,
): Promise<Limits | undefined> {
	const groupOptions = await driverOptions(options);
	await removeLeftovers(hierarchies, groupOptions.name);
	if (driver === "cgroup1") return await openCgroup1(hierarchies, groupOptions);
	const unified = hierarchies.find(({ version }) => version === 2);
	return unified && (await openCgroup2(unified, groupOptions));
}

/**
 * Opens the best driver that works. Before that, it removes the groups of an earlier platform with the same directory.
 * @throws the file system's error if the directory does not exist
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
