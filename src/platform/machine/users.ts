/**
 * Users of their own for functions: where the platform is root, each function's processes have a uid and a gid
 * that nothing else on the machine has, so that what gets out of Deno's permissions is still nobody.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { readdir, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type FunctionLifetime, lifetimeKey } from "../functions/lifetimes.ts";

/** Both ids are one number. */
export interface User {
	readonly uid: number;
	readonly gid: number;
}

/**
 * Above what systemd gives to containers (to 1,879,048,191) and what sssd and FreeIPA give to directories' users
 * (to 2,000,200,000), below 2^31, where programs begin to go wrong. Two platforms on one machine meet by chance alone.
 */
const FIRST = 2_100_000_000;
const COUNT = 40_000_000;

/** The uids among which functions' users are, both ends included. */
export const FUNCTION_USERS = { first: FIRST, last: FIRST + COUNT - 1 } as const;

/** Whether a uid may be a function's. */
export const isFunctionUser = (uid: number) => uid >= FIRST && uid < FIRST + COUNT;

/** Whether the system knows users, and this process may be any of them. */
export const mayChangeUser = () => process.platform === "linux" && process.getuid?.() === 0;

/** Whether everybody may pass through all of a directory's parents. */
export async function isReachable(directory: string): Promise<boolean> {
	for (let at = dirname(directory); ; at = dirname(at)) {
		if (((await stat(at)).mode & 0o001) === 0) return false;
		if (at === dirname(at)) return true;
	}
}

function shell({ uid, gid }: User, script: string, args: readonly string[]): ChildProcess {
	return spawn("/bin/sh", ["-c", script, "sh", ...args], {
		uid,
		gid,
		cwd: "/",
		env: {},
		stdio: ["pipe", "pipe", "ignore"],
	});
}

const PROBE = 'cd "$1" && : > written && "$2" --version > version && echo works && read -r _';

/**
 * Tries a user out: enters a directory, writes there, runs the binary, and is killed by the platform. All of
 * these can fail for root: in a user namespace, without a capability, behind a folder that is closed to others.
 * @param directory owned by the user
 */
export async function worksAs(user: User, binary: string, directory: string): Promise<boolean> {
	let child: ChildProcess;
	try {
		child = shell(user, PROBE, [directory, binary]);
	} catch {
		return false;
	}
	child.stdin?.on("error", () => {});
	const ended = new Promise<boolean>((resolve) => {
		child.once("error", () => resolve(false));
		child.once("close", (_, signal) => resolve(signal === "SIGKILL"));
	});
	child.stdout?.once("data", () => {
		// Where it may not be killed, it ends because nothing more comes.
		if (!child.kill("SIGKILL")) child.stdin?.end();
	});
	return await ended;
}

const EMPTY = 'rm -rf "$1"; [ -z "$(ls -A "$1")" ] || { chmod -R u+rwX "$1"; rm -rf "$1"; }';
const EMPTY_ALONE = `kill -9 -1; ${EMPTY}`;

/**
 * Empties a directory in which nothing was made but a socket and an empty folder, as most functions leave it: nothing
 * is walked through for that, and no process started.
 */
async function isEmptied(directory: string): Promise<boolean> {
	try {
		await rm(join(directory, "s"), { force: true });
		await rmdir(join(directory, "tmp"));
		return (await readdir(directory)).length === 0;
	} catch {
		return false;
	}
}

/** Runs one of the two scripts as a user. */
async function empty(user: User, script: string, directory: string): Promise<void> {
	try {
		const child = shell(user, script, [directory]);
		child.stdin?.on("error", () => {}).end();
		await new Promise((resolve) => child.once("error", resolve).once("close", resolve));
	} catch {
		// What is left goes with the whole directory.
	}
}

interface Member extends User {
	processes: number;
	/** Until the last process's remains are gone, no other may begin: it would be taken for one of them. */
	clearing: Promise<void>;
}

/** Who each function is, as long as the platform runs. */
export class Users {
	#members = new Map<string, Member>();
	#taken = new Set<number>();

	/** A user that no function has. */
	unused(): User {
		for (;;) {
			const uid = FIRST + randomInt(COUNT);
			if (this.#taken.has(uid)) continue;
			this.#taken.add(uid);
			return { uid, gid: uid };
		}
	}

	/** The user of one process, until `leave`. */
	single(): User {
		const member: Member = { ...this.unused(), processes: 1, clearing: Promise.resolve() };
		return member;
	}

	/** The user of a function, the same for all of its versions, for one more process until `leave`. */
	async join(lifetime: FunctionLifetime): Promise<User> {
		const key = lifetimeKey(lifetime);
		const member = this.#members.get(key) ?? {
			...this.unused(),
			processes: 0,
			clearing: Promise.resolve(),
		};
		this.#members.set(key, member);
		member.processes++;
		await member.clearing;
		return member;
	}

	/**
	 * After the end of a process: empties its directory, and with the last one ends whatever else the user runs.
	 * It is done as that user, whose processes could have root delete anything else by swapping folders for links.
	 * @param user as `join` returned it
	 */
	async leave(user: User, directory: string): Promise<void> {
		const member = user as Member;
		member.processes--;
		member.clearing = member.clearing.then(async () => {
			if (member.processes > 0 && (await isEmptied(directory))) return;
			await empty(member, member.processes === 0 ? EMPTY_ALONE : EMPTY, directory);
		});
		await member.clearing;
	}

	/** Empties a directory of a function's that has no process now. @param user as `join` returned it */
	async empty(user: User, directory: string): Promise<void> {
		const member = user as Member;
		member.clearing = member.clearing.then(() => empty(member, EMPTY, directory));
		await member.clearing;
	}

	/**
	 * Takes a deleted function's user from it: no later function has it. Whatever still runs as that user is killed.
	 * @param directory of the user's, which is emptied
	 */
	async forget(lifetime: FunctionLifetime, directory: string): Promise<void> {
		const member = this.#members.get(lifetimeKey(lifetime));
		if (member === undefined) return;
		this.#members.delete(lifetimeKey(lifetime));
		member.clearing = member.clearing.then(() => empty(member, EMPTY_ALONE, directory));
		await member.clearing;
	}
}
