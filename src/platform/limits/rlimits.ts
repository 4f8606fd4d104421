/**
 * The system's limits for single processes (`setrlimit(2)`). A small program sets them and then becomes the function's
 * process, so they apply from Deno's first instruction on, and the process cannot raise them again.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { systemProgram } from "../machine/system-program.ts";
import { threadsOfProcess } from "./shares.ts";

/** Connections, files and workers (6 descriptors each) of a function. Deno itself uses about 30. */
const DESCRIPTORS = 4_096;
/** The maximum size of a file that a function writes. */
const FILE_BYTES = 512 * 1024 * 1024;
/** A function's user may have several processes: the one that serves, and older versions that finish their requests. */
const VERSIONS = 4;

/** An option of `prlimit`, its name in `/proc/PID/limits`, and the maximum for a function. */
interface Rlimit {
	readonly option: string;
	readonly name: string;
	readonly max: number;
}

const rlimitsOf = (hasOwnUser: boolean, cores: number): Rlimit[] => [
	{ option: "core", name: "Max core file size", max: 0 },
	{ option: "fsize", name: "Max file size", max: FILE_BYTES },
	{ option: "nofile", name: "Max open files", max: DESCRIPTORS },
	{ option: "msgqueue", name: "Max msgqueue size", max: 0 },
	{ option: "nice", name: "Max nice priority", max: 0 },
	{ option: "rtprio", name: "Max realtime priority", max: 0 },
	// The system counts by user. Without a user for each function, it would count the platform's processes too.
	...(hasOwnUser
		? [{ option: "nproc", name: "Max processes", max: VERSIONS * threadsOfProcess(cores) }]
		: []),
];

/** The current hard limit of a process, from the text of `/proc/PID/limits`. */
function hardLimit(limits: string, name: string): number {
	const line = limits.split("\n").find((each) => each.startsWith(`${name} `)) ?? "";
	const [, hard = "unlimited"] = line.slice(name.length).trim().split(/\s+/);
	return hard === "unlimited" ? Number.POSITIVE_INFINITY : Number(hard);
}

/**
 * The options for `prlimit`. No limit is higher than the platform's own hard limit, which it cannot exceed. Pure.
 * @param limits the text of the platform's `/proc/self/limits`
 * @param hasOwnUser whether only processes of the same function run as the process's user
 */
export function rlimitOptions(limits: string, hasOwnUser: boolean, cores: number): string[] {
	return rlimitsOf(hasOwnUser, cores).map(({ max, name, option }) => {
		const value = Math.min(max, hardLimit(limits, name));
		return `--${option}=${value}:${value}`;
	});
}

/**
 * Makes a write beyond the maximum size of a file fail with an error. By default the signal XFSZ would end the process.
 * A program inherits the ignored signals of the shell that starts it.
 */
const IGNORE_SIGNAL = ["/bin/sh", "-c", 'trap "" XFSZ && exec "$@"', "sh"];

/**
 * The program and arguments that run a function's command with these limits. The process id does not change. Empty if
 * the system has no `prlimit`.
 * @param hasOwnUser whether only processes of the same function run as the process's user
 */
export function rlimitsCommand(hasOwnUser: boolean): readonly string[] {
	const prlimit = process.platform === "linux" ? systemProgram("prlimit") : undefined;
	if (prlimit === undefined) return [];
	const limits = readFileSync("/proc/self/limits", "latin1");
	return [...IGNORE_SIGNAL, prlimit, ...rlimitOptions(limits, hasOwnUser, availableParallelism()), "--"];
}
