/** Programs for tests of limits, and what the system reports about them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { findHierarchies } from "../../../src/platform/limits/open-limits.ts";

export interface Program {
	readonly pid: number;
	readonly child: ChildProcess;
	/** Starts the script. The program waits until then. */
	go(): void;
	/** The exit code and the signal. */
	readonly ended: Promise<unknown[]>;
	/** The standard output and standard error of the whole run. */
	readonly output: Promise<string>;
}

/**
 * Starts a shell script that waits for `go`. It is killed at the end of the test.
 * @param before a command that executes the shell
 * @param uid the user of the script; the tests' own user by default
 */
export async function program(
	script: string,
	before: readonly string[] = [],
	uid?: number,
): Promise<Program> {
	const [file = "", ...args] = [...before, "/bin/sh", "-c", `read -r _; ${script}`];
	const user = uid === undefined ? {} : { uid, gid: uid };
	const options = { cwd: "/", env: { PATH: "/usr/bin:/bin" }, ...user };
	const child = spawn(file, args, { ...options, stdio: ["pipe", "pipe", "pipe"] });
	const ended = once(child, "exit");
	onTestFinished(() => void child.kill("SIGKILL"));
	let text = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
	const output = once(child, "close").then(() => text);
	await once(child, "spawn");
	return { pid: child.pid as number, child, go: () => child.stdin.write("\n"), ended, output };
}

/** The groups of a process that belong to a platform, as paths from the root of their hierarchies. */
export async function groupsOf(pid: number | "self"): Promise<string[]> {
	const text = await readFile(`/proc/${pid}/cgroup`, "latin1").catch(() => "");
	const groups = text.split("\n").map((line) => line.replace(/^[^:]*:[^:]*:/, ""));
	return [...new Set(groups)].filter((group) => group.includes("/coffer-"));
}

/** The folders of a process's groups that belong to a platform. */
export async function groupFoldersOf(pid: number): Promise<string[]> {
	const groups = await groupsOf(pid);
	const tops = (await findHierarchies()).map(({ top }) => top);
	const folders = tops.flatMap((top) => groups.map((group) => join(top, group)));
	const pids = await Promise.all(
		folders.map(async (folder) =>
			(await readFile(join(folder, "cgroup.procs"), "latin1").catch(() => "")).split("\n"),
		),
	);
	return folders.filter((_, index) => pids[index]?.includes(String(pid)));
}

/** The processor time of a process in nanoseconds, as the scheduler counts it. */
export async function cpuOf(pid: number): Promise<number> {
	return Number((await readFile(`/proc/${pid}/schedstat`, "latin1")).split(" ")[0]);
}

/** Whether a process has ended. Zombies count as ended. */
export async function hasEnded(pid: number): Promise<boolean> {
	if (
		await readlink(`/proc/${pid}/cwd`).then(
			() => true,
			() => false,
		)
	)
		return false;
	const status = await readFile(`/proc/${pid}/status`, "latin1").catch(() => "State:\tX");
	return /^State:\s+[ZX]/m.test(status);
}
