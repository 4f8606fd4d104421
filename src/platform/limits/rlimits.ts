/**
 * The limits that the system holds each process to by itself (`setrlimit(2)`), set by a small program that becomes the
 * function's process: they hold from Deno's first instruction on, and nothing in it can raise them again.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { systemProgram } from "../machine/system-program.ts";
import { threadsOfProcess } from "./shares.ts";

/** Connections, files and workers (6 each) of a function; Deno takes some 30 for itself. */
const DESCRIPTORS = 4_096;
/** Of one file that a function writes, in bytes. */
const FILE_BYTES = 512 * 1024 * 1024;
/** A function's user has one process for each version that is ending, besides the one that serves. */
const VERSIONS = 4;

/** An option of `prlimit`, what the kernel calls it in `/proc/PID/limits`, and the most that a function may have. */
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
	// The system counts it for a user: where functions have none of their own, it would count the platform's processes too.
	...(hasOwnUser
		? [{ option: "nproc", name: "Max processes", max: VERSIONS * threadsOfProcess(cores) }]
		: []),
];

/** What a process may have at most now, as `/proc/PID/limits` says. */
function hardLimit(limits: string, name: string): number {
	const line = limits.split("\n").find((each) => each.startsWith(`${name} `)) ?? "";
	const [, hard = "unlimited"] = line.slice(name.length).trim().split(/\s+/);
	return hard === "unlimited" ? Number.POSITIVE_INFINITY : Number(hard);
}

/**
 * The options for `prlimit`. None is higher than what the platform has, which it could not give. Pure.
 * @param limits the text of the platform's `/proc/self/limits`
 * @param hasOwnUser whether the process has a user that only processes of its function have
 */
export function rlimitOptions(limits: string, hasOwnUser: boolean, cores: number): string[] {
	return rlimitsOf(hasOwnUser, cores).map(({ max, name, option }) => {
		const value = Math.min(max, hardLimit(limits, name));
		return `--${option}=${value}:${value}`;
	});
}

/**
 * A write past the bound of a file's size is to fail. It would end the process, if that did not ignore the signal that
 * comes with it; what is ignored stays so in the program that a process becomes.
 */
const IGNORE_SIGNAL = ["/bin/sh", "-c", 'trap "" XFSZ && exec "$@"', "sh"];

/**
 * What comes before the command of a function; the process id stays the same. Empty where the system has no `prlimit`.
 * @param hasOwnUser whether the process has a user that only processes of its function have
 */
export function rlimitsCommand(hasOwnUser: boolean): readonly string[] {
	const prlimit = process.platform === "linux" ? systemProgram("prlimit") : undefined;
	if (prlimit === undefined) return [];
	const limits = readFileSync("/proc/self/limits", "latin1");
	return [...IGNORE_SIGNAL, prlimit, ...rlimitOptions(limits, hasOwnUser, availableParallelism()), "--"];
}
