/** The steps in which a command writes, as strace records them, and runs in which one step fails. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Result } from "../../../stories/support/process.ts";
import type { Project } from "../../../stories/support/project.ts";

/** Calls that change or sync files, and `fcntl`, which locks. */
const SYSCALLS = ["openat", "pwrite64", "fsync", "fchmod", "rename", "unlink", "mkdir", "fcntl"];

export interface Step {
	readonly syscall: string;
	/** The number of calls of that kind that the same thread has made so far, including this one. */
	readonly nth: number;
	/** The file of the call. */
	readonly file: string;
	/** Its path, if the path is known in advance and no other step of the kind has it. */
	readonly path: string | undefined;
}

/** `ENOSPC` and its like, or `KILL`: the process is killed when it is about to take the step. */
export type Fault = "ENOSPC" | "EIO" | "EROFS" | "EACCES" | "KILL";

/** A path of the machine, without its random parts. */
function fileOf(path: string): string {
	const [area = "", ...parts] = path.split("/");
	const name = parts.at(-1) ?? "";
	if (name === "") return area;
	const kind = /coffer\.vault\.lock|coffer\.vault|marks|checkout|lock/.exec(name)?.[0];
	const known = parts.includes("projects") ? "the folder's vault" : (kind ?? "a state folder");
	return name.endsWith(".tmp") ? `${known}, temporary` : known;
}

/** The path below the machine's folder that a line of strace is about. */
function pathIn(line: string, machine: string): string | undefined {
	// The path that strace adds to a descriptor, or the path in the arguments.
	const path = /^\w+\(\d+<([^>]*)>/.exec(line)?.[1] ?? /^[^"]*"([^"]*)"/.exec(line)?.[1] ?? "";
	return path.startsWith(`${machine}/`) ? path : undefined;
}

/** Undefined for a file elsewhere, and for caches of the home, such as compiled code: whoever loses one makes it again. */
function fileIn(line: string, machine: string): string | undefined {
	const path = pathIn(line, machine)?.slice(machine.length + 1);
	return path === undefined || path.startsWith("home/.cache/") ? undefined : fileOf(path);
}

/** Whether a file is opened for writing, or a folder is opened to be synced. */
function writes(syscall: string, line: string): boolean {
	if (syscall === "fcntl") return line.includes("F_SETLK");
	if (syscall !== "openat") return true;
	if (line.includes("= -1 ENOENT")) return false;
	return /O_CREAT|O_WRONLY|O_RDWR/.test(line) || line.includes(", O_RDONLY|O_CLOEXEC)");
}

/** The calls of each thread, in order. */
type Traces = readonly (readonly string[])[];

async function traced(
	project: Project,
	args: readonly string[],
	strace: readonly string[],
): Promise<{ result: Result; traces: Traces }> {
	const folder = mkdtempSync(join(tmpdir(), "coffer-trace-"));
	try {
		const under = ["strace", "-ff", "-qq", "-y", "-s", "0", "-o", join(folder, "t"), ...strace];
		const result = await project.coffer(args, { under, env: { UV_THREADPOOL_SIZE: "1" } });
		const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
		return { result, traces: files.map((text) => text.split("\n")) };
	} finally {
		rmSync(folder, { recursive: true });
	}
}

function stepsOf(lines: readonly string[], machine: string): Step[] {
	const counts = new Map<string, number>();
	return lines.flatMap((line) => {
		const syscall = line.slice(0, line.indexOf("("));
		if (!SYSCALLS.includes(syscall)) return [];
		const nth = 1 + (counts.get(syscall) ?? 0);
		counts.set(syscall, nth);
		const file = fileIn(line, machine);
		if (file === undefined || !writes(syscall, line)) return [];
		const path = syscall === "openat" && file.endsWith("lock") ? pathIn(line, machine) : undefined;
		return [{ syscall, nth: path === undefined ? nth : 1, file, path }];
	});
}

/** Runs a command that succeeds. @returns its steps, thread by thread */
export async function stepsTaken(project: Project, args: readonly string[]): Promise<Step[][]> {
	const { result, traces } = await traced(project, args, [
		"--seccomp-bpf",
		"-e",
		`trace=${SYSCALLS.join(",")}`,
	]);
	if (result.status !== 0) throw new Error(`Without a fault it failed: ${result.stderr}`);
	return traces.map((lines) => stepsOf(lines, project.machine));
}

/** Runs a command in which one step fails. @returns its result, and the steps that really failed */
export async function runWithFault(
	project: Project,
	args: readonly string[],
	{ step, fault }: { step: Step; fault: Fault },
): Promise<{ result: Result; hit: string[] }> {
	const { syscall, nth, path } = step;
	const what = fault === "KILL" ? "signal=KILL" : `error=${fault}`;
	// strace cannot inject a signal if a kernel filter (seccomp) selects the calls.
	const quick = fault === "KILL" ? [] : ["--seccomp-bpf"];
	const only = path === undefined ? [] : ["-P", path];
	const strace = [...quick, ...only, "-e", `trace=${syscall}`, "-e", `inject=${syscall}:${what}:when=${nth}`];
	const { result, traces } = await traced(project, args, strace);
	if (result.signal === "SIGKILL") return { result, hit: [killedAt(traces, project.machine, step)] };
	const injected = traces.flat().filter((line) => line.includes("(INJECTED)"));
	return { result, hit: injected.map((line) => fileIn(line, project.machine) ?? "another file") };
}

/** The file of the call that a killed process was about to make: a thread's Nth, and its last. */
function killedAt(traces: Traces, machine: string, { syscall, nth }: Step): string {
	const calls = traces.map((lines) => lines.filter((line) => line.startsWith(`${syscall}(`)));
	const last = calls.filter(({ length }) => length === nth).map((lines) => lines.at(-1) ?? "");
	return last.map((line) => fileIn(line, machine)).find((file) => file !== undefined) ?? "another file";
}
