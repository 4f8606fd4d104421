/** The order in which drivers are tried, and the options that all drivers with control groups share. */
import { createHash } from "node:crypto";
import type { Hierarchy } from "./hierarchies.ts";
import type { LimitsOptions } from "./limits.ts";

/** The options of a driver with control groups. */
export interface GroupDriverOptions extends Pick<LimitsOptions, "onFailure"> {
	/** The name of the folder that contains all groups of this platform. */
	readonly name: string;
	/** The maximum number of threads of all functions, of an app and of a process. */
	readonly threads: { readonly ofAll: number; readonly ofApp: number; readonly ofProcess: number };
}

/**
 * The name of a platform's folder of groups. It is the same at each start and differs from every other platform's.
 * The path alone is not enough, because platforms in two containers may have the same path.
 * @param directory the platform's directory, absolute and without symbolic links
 * @param file device and inode of that directory
 */
export function groupName(directory: string, file: { readonly dev: number; readonly ino: number }): string {
	const hash = createHash("sha256").update(`${file.dev}:${file.ino}:${directory}`);
	return `coffer-${hash.digest("hex").slice(0, 16)}`;
}

export type GroupDriver = "cgroup2" | "cgroup1";

/**
 * The drivers that may work on this system, best first. A driver with the processor controller is preferred. A system
 * may mount version 2 although version 1 has the controllers.
 * @param controllers the controllers of the group of version 2
 */
export function driversFor(hierarchies: readonly Hierarchy[], controllers: readonly string[]): GroupDriver[] {
	const controllers1 = hierarchies.filter(({ version }) => version === 1).flatMap((each) => each.controllers);
	const hasVersion2 = hierarchies.some(({ version }) => version === 2);
	const rank = (list: readonly string[]) => (list.includes("cpu") ? 2 : list.includes("pids") ? 1 : 0);
	const ranked: { driver: GroupDriver; rank: number }[] = [
		{ driver: "cgroup2", rank: hasVersion2 ? rank(controllers) : 0 },
		{ driver: "cgroup1", rank: rank(controllers1) },
	];
	return ranked
		.filter((each) => each.rank > 0)
		.sort((a, b) => b.rank - a.rank)
		.map(({ driver }) => driver);
}
