/** Finds and ends the processes that hold a wall. */
import { readdirSync, readFileSync } from "node:fs";

/** The parent of a process; undefined where there is no such process any more. */
function parentOf(pid: string): number | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
		return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
	} catch {
		return undefined;
	}
}

function commandOf(pid: string): string {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, "latin1");
	} catch {
		return "";
	}
}

/** By what of its command each holder of a wall is known: the egress proxy, its namespace, the packet filter's rules. */
const HOLDERS = {
	proxy: /\0[^{]*egress\.cjs\0/,
	namespace: /^cat\0$/,
	rules: /\0--interactive\0/,
} as const;
export type Holder = keyof typeof HOLDERS;

/** The processes of a kind that a platform's process started. */
export function holdersOf(platform: number, kind: Holder): number[] {
	return readdirSync("/proc")
		.filter(
			(name) => /^\d+$/.test(name) && parentOf(name) === platform && HOLDERS[kind].test(commandOf(name)),
		)
		.map(Number);
}

/** Kills one process. @throws Error where it is none: a number that stands for many must not be killed */
export function killOne(pid: number | undefined): void {
	if (pid === undefined || !Number.isSafeInteger(pid) || pid < 2)
		throw new Error("There is no such process.");
	process.kill(pid, "SIGKILL");
}
