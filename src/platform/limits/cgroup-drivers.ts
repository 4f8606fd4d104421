/** Which driver to try, in which order, and what is the same wherever groups are made. */
import { createHash } from "node:crypto";
import type { Hierarchy } from "./hierarchies.ts";
import type { LimitsOptions } from "./limits.ts";

/** What every driver with groups is told. */
export interface GroupDriverOptions extends Pick<LimitsOptions, "onFailure"> {
	/** Of the folder that holds all of this platform's groups. */
	readonly name: string;
	readonly threads: { readonly ofAll: number; readonly ofApp: number; readonly ofProcess: number };
}

/**
 * The name of a platform's groups: the same each time that it starts, and never another platform's. A path alone may be
 * two platforms', in two containers.
 * @param directory the platform's own; absolute, without links
 * @param file which file on which device that is
 */
export function groupName(directory: string, file: { readonly dev: number; readonly ino: number }): string {
	const hash = createHash("sha256").update(`${file.dev}:${file.ino}:${directory}`);
	return `coffer-${hash.digest("hex").slice(0, 16)}`;
}

export type GroupDriver = "cgroup2" | "cgroup1";

/**
 * The drivers that may work here, the best first. What divides the processor counts most: a machine may have version 2
 * mounted with its controllers given to version 1.
 * @param controllers those that the group of version 2 has
 */
export function driversFor(hierarchies: readonly Hierarchy[], controllers: readonly string[]): GroupDriver[] {
	const older = hierarchies.filter(({ version }) => version === 1).flatMap((each) => each.controllers);
	const has2 = hierarchies.some(({ version }) => version === 2);
	const worth = (list: readonly string[]) => (list.includes("cpu") ? 2 : list.includes("pids") ? 1 : 0);
	const all: { driver: GroupDriver; worth: number }[] = [
		{ driver: "cgroup2", worth: has2 ? worth(controllers) : 0 },
		{ driver: "cgroup1", worth: worth(older) },
	];
	return all
		.filter((each) => each.worth > 0)
		.sort((a, b) => b.worth - a.worth)
		.map(({ driver }) => driver);
}
