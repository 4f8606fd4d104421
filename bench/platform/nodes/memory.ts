/** The memory of a platform with all its processes (Linux). */
import { readdirSync, readFileSync } from "node:fs";

function parents(): Map<number, number> {
	const found = new Map<number, number>();
	for (const name of readdirSync("/proc")) {
		if (!/^\d+$/.test(name)) continue;
		try {
			const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, "latin1"))?.[1];
			found.set(Number(name), Number(parent));
		} catch {
			// It has ended.
		}
	}
	return found;
}

/** The proportional set size of a process and of all that descend from it, in MB. */
export function proportionalMB(pid: number): number {
	const parentOf = parents();
	const isOwn = (process: number): boolean =>
		process === pid || (process > 1 && isOwn(parentOf.get(process) ?? 0));
	let kB = 0;
	for (const process of parentOf.keys()) {
		if (!isOwn(process)) continue;
		try {
			kB += Number(
				/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${process}/smaps_rollup`, "latin1"))?.[1] ?? 0,
			);
		} catch {
			// It has ended.
		}
	}
	return kB / 1024;
}
