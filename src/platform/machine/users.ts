/**
 * Users for functions. Where the platform runs as root, the processes of each function get a uid and a gid that nothing
 * else on the machine has. Then code that escapes from Deno's permissions still cannot access files or processes of
 * others.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { readdir, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type FunctionLifetime, lifetimeKey } from "../functions/lifetimes.ts";

/** Both ids are the same number. */
export interface User {
	readonly uid: number;
	readonly gid: number;
}

/**
 * Above the ids that systemd gives to containers (up to 1,879,048,191) and that sssd and FreeIPA give to
 * users of directories (up to 2,000,200,000). Below 2^31, from where on some programs fail. A platform draws
 * its ids at random from one of 40 blocks, so that two platforms on one machine rarely draw the same.
 */
const FIRST = 2_100_000_000;
const COUNT = 40_000_000;
const BLOCK = 1_000_000;
export const USER_BLOCKS = COUNT / BLOCK;

/** Uids. Both ends are included. */
export interface UserRange {
	readonly first: number;
	readonly last: number;
}

/** Whether a uid is in the range of functions. */
export const isFunctionUser = (uid: number) => uid >= FIRST && uid < FIRST + COUNT;

/** Whether this process may become any user: it is root on Linux. */
export const mayChangeUser = () => process.platform === "linux" && process.getuid?.() === 0;

/** Whether every user may pass through all parents of a directory. */
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
 * Tests whether a user works here: it enters a directory, writes there, runs the binary, and is killed by the
 * platform. Each of these can fail even for root: in a user namespace, without a capability, or below a
 * folder that is closed to others.
 * @param directory belongs to the user
 */
export async function canRunAs(user: User, binary: string, directory: string): Promise<boolean> {
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
		// If the kill is not permitted, the process ends at the end of its input.
		if (!child.kill("SIGKILL")) child.stdin?.end();
	});
	return await ended;
}

const EMPTY = 'rm -rf "$1"; [ -z "$(ls -A "$1")" ] || { chmod -R u+rwX "$1"; rm -rf "$1"; }';
const KILL_AND_EMPTY = `kill -9 -1; ${EMPTY}`;

/**
 * Empties a directory that contains only a socket and an empty folder, as most functions leave it. It reads no other
 * folder and starts no process.
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
		// What remains is removed with the whole directory.
	}
}

interface ActiveUser extends User {
	processes: number;
	/**
	 * Resolves once the remains of the last process are removed. No other process may start before: the script would kill
	 * it.
	 */
	clearing: Promise<void>;
}

/** The users of functions, while the platform runs. */
export class Users {
	#members = new Map<string, ActiveUser>();
	#taken = new Set<number>();
	#block: number;

	/** @param block number of the block of uids */
	constructor(block: number = randomInt(USER_BLOCKS)) {
		this.#block = block;
	}

	/** The uids of this platform's functions. */
	get range(): UserRange {
		const first = FIRST + this.#block * BLOCK;
		return { first, last: first + BLOCK - 1 };
	}

	/** Takes the next block, because another platform on this machine has this one. Call it before functions start. */
	moveToNextRange(): void {
		this.#block = (this.#block + 1) % USER_BLOCKS;
	}

	/** Reserves a user that no function has. */
	reserve(): User {
		for (;;) {
			const uid = this.range.first + randomInt(BLOCK);
			if (this.#taken.has(uid)) continue;
			this.#taken.add(uid);
			return { uid, gid: uid };
		}
	}

	/** A user for one process, until `leave`. */
	single(): User {
		const member: ActiveUser = { ...this.reserve(), processes: 1, clearing: Promise.resolve() };
		return member;
	}

	/**
	 * The user of a function, for one more process until `leave`. All deployments of a function have the same
	 * user.
	 */
	async join(lifetime: FunctionLifetime): Promise<User> {
		const key = lifetimeKey(lifetime);
		const member = this.#members.get(key) ?? {
			...this.reserve(),
			processes: 0,
			clearing: Promise.resolve(),
		};
		this.#members.set(key, member);
		member.processes++;
		await member.clearing;
		return member;
	}

	/**
	 * Call it after the end of a process. Empties the process's directory. After the user's last process it
	 * also kills everything else that the user runs.
	 *
	 * A process of the same user empties the directory. Root could be tricked into deleting other files, since the user's
	 * processes can replace folders with links.
	 * @param user as `join` returned it
	 */
	async leave(user: User, directory: string): Promise<void> {
		const member = user as ActiveUser;
		member.processes--;
		member.clearing = member.clearing.then(async () => {
			if (member.processes > 0 && (await isEmptied(directory))) return;
			await empty(member, member.processes === 0 ? KILL_AND_EMPTY : EMPTY, directory);
		});
		await member.clearing;
	}

	/** Empties a directory of a function that has no process now. @param user as `join` returned it */
	async empty(user: User, directory: string): Promise<void> {
		const member = user as ActiveUser;
		member.clearing = member.clearing.then(() => empty(member, EMPTY, directory));
		await member.clearing;
	}

	/**
	 * Releases the user of a deleted function. Kills every process of that user. No later function gets it.
	 * @param directory belongs to the user, and is emptied
	 */
	async forget(lifetime: FunctionLifetime, directory: string): Promise<void> {
		const member = this.#members.get(lifetimeKey(lifetime));
		if (member === undefined) return;
		this.#members.delete(lifetimeKey(lifetime));
		member.clearing = member.clearing.then(() => empty(member, KILL_AND_EMPTY, directory));
		await member.clearing;
	}
}
