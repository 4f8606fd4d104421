/** Finds and ends the processes that the network isolation needs. */
import { readdirSync, readFileSync } from "node:fs";

/** The parent of a process. Undefined if the process has ended. */
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

/** Patterns for the commands of these processes: the egress proxy, and the holders of its namespace and of the packet filter's tables. */
const HOLDERS = {
	proxy: /\0[^{]*egress\.cjs\0/,
	namespace: /^cat\0$/,
	rules: /\0--interactive\0/,
} as const;
export type Holder = keyof typeof HOLDERS;

/** The processes of a kind whose parent is the platform's process. */
export function holdersOf(platform: number, kind: Holder): number[] {
	return readdirSync("/proc")
		.filter(
			(name) => /^\d+$/.test(name) && parentOf(name) === platform && HOLDERS[kind].test(commandOf(name)),
		)
		.map(Number);
}

/** Kills one process. @throws Error if the number is not a process id: 0 and negative numbers would kill process groups */
export function killOne(pid: number | undefined): void {
	if (pid === undefined || !Number.isSafeInteger(pid) || pid < 2)
		throw new Error("There is no such process.");
	process.kill(pid, "SIGKILL");
}
