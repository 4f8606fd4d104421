/**
 * Finds the hierarchies of control groups that a process sees, from `/proc/self/mountinfo` and `/proc/self/cgroup`.
 * Pure.
 */
import { join } from "node:path";

/** A mounted hierarchy. */
export interface Hierarchy {
	readonly version: 1 | 2;
	/** The controllers of a hierarchy of version 1. Empty for version 2, whose files list its controllers. */
	readonly controllers: readonly string[];
	/** The folder of the topmost visible group. */
	readonly top: string;
	/** The folder of the process's own group. Undefined if it is outside of the mounted part. */
	readonly own: string | undefined;
}

interface Mount {
	readonly root: string;
	readonly path: string;
	readonly type: string;
	readonly options: readonly string[];
}

/** Decodes a path. The kernel writes white space and backslashes as octal numbers. */
const unescaped = (text: string) =>
	text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

function mountOf(line: string): Mount | undefined {
	const [mount = "", fileSystem = ""] = line.split(" - ");
	const [, , , root, path] = mount.split(" ");
	const [type, , options = ""] = fileSystem.split(" ");
	if (root === undefined || path === undefined || type === undefined) return undefined;
	return { root: unescaped(root), path: unescaped(path), type, options: options.split(",") };
}

/** The folder of a group. Its path starts at the root of the hierarchy, but the mount may show only a part of it. */
function folderOf(group: string, { path, root }: Mount): string | undefined {
	if (group.split("/").includes("..")) return undefined;
	if (root === "/") return join(path, group);
	if (group === root) return path;
	return group.startsWith(`${root}/`) ? join(path, group.slice(root.length)) : undefined;
}

/** A line of `/proc/self/cgroup`: `0::/group`, or `5:cpu,cpuacct:/group`. */
interface Membership {
	readonly controllers: readonly string[];
	readonly group: string;
}

function membershipOf(line: string): Membership | undefined {
	const [, controllers, group] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
	if (controllers === undefined || group === undefined) return undefined;
	return { controllers: controllers.split(",").filter(Boolean), group };
}

/** Whether a membership belongs to the hierarchy of a mount. */
function belongs({ controllers }: Membership, { options, type }: Mount): boolean {
	if (controllers.length === 0) return type === "cgroup2";
	return type === "cgroup" && controllers.every((controller) => options.includes(controller));
}

const defined = <T>(value: T | undefined): value is T => value !== undefined;

/**
 * The mounted hierarchies, without duplicates.
 * @param mountinfo the text of `/proc/self/mountinfo`
 * @param cgroup the text of `/proc/self/cgroup`
 */
export function hierarchiesOf(mountinfo: string, cgroup: string): Hierarchy[] {
	const mounts = mountinfo.split("\n").map(mountOf).filter(defined);
	const memberships = cgroup.split("\n").map(membershipOf).filter(defined);
	return memberships.flatMap((membership): Hierarchy[] => {
		const mount = mounts.find((each) => belongs(membership, each));
		if (mount === undefined) return [];
		const { controllers, group } = membership;
		const version = mount.type === "cgroup2" ? 2 : 1;
		return [{ version, controllers, top: mount.path, own: folderOf(group, mount) }];
	});
}
