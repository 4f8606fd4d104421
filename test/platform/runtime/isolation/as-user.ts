/** Programs that run as a function's user, and the system's information about processes. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/** A line of a process's status. */
export function status(pid: number, key: string): string {
	const line = readFileSync(`/proc/${pid}/status`, "latin1")
		.split("\n")
		.find((each) => each.startsWith(`${key}:`));
	return (line ?? "").slice(key.length + 1).trim();
}

export const uidOf = (pid: number) => Number(status(pid, "Uid").split(/\s+/)[0]);
/** The nineteenth field. The second field is in brackets and may contain anything. */
export const nicenessOf = (pid: number) =>
	Number(readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\)/s, "").trim().split(" ")[16]);

/** Runs a shell script as a user, in a folder that all users may enter. */
export function as(uid: number, script: string): { code: number | null; out: string } {
	const { status: code, stdout } = spawnSync("/bin/sh", ["-c", script], {
		uid,
		gid: uid,
		cwd: "/",
		env: { PATH: "/usr/bin:/bin" },
		encoding: "latin1",
	});
	return { code, out: stdout };
}

/** Starts a process as a user, without waiting for its end. */
export const stray = async (uid: number): Promise<ChildProcess> => {
	const child = spawn("/bin/sleep", ["1000"], { uid, gid: uid, cwd: "/", detached: true, stdio: "ignore" });
	await once(child, "spawn");
	return child;
};
