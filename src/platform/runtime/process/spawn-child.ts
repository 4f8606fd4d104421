/** Spawns the operating system's process for a function. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { User } from "../../machine/users.ts";
import { withoutReadAhead } from "../output/paced-reader.ts";

export type Child = ChildProcessByStdio<null, Readable, Readable>;

/** The command of a process and the user that runs it. */
export interface ChildSpecification {
	/** Deno and its arguments including the main module, after the programs that execute it. */
	readonly command: readonly string[];
	/** Deno's own environment variables. The function never sees them. */
	readonly variables: Record<string, string>;
	readonly cwd: string;
	/** The user of the process; undefined for the platform's own user. */
	readonly user: User | undefined;
	/** Whether the command starts as root and switches to that user itself. */
	readonly startsAsRoot: boolean;
}

/** @returns a process whose output is not read ahead */
export function spawnChild({ command, cwd, startsAsRoot, user, variables }: ChildSpecification): Child {
	const [file = "", ...args] = command;
	// A change of user also drops the platform's supplementary groups.
	const identity = user === undefined || startsAsRoot ? {} : { uid: user.uid, gid: user.gid };
	return withoutReadAhead(() =>
		spawn(file, args, {
			cwd,
			env: variables,
			stdio: ["ignore", "pipe", "pipe"],
			// Ctrl-C in the platform's terminal must not end it: the platform lets it finish its requests.
			detached: true,
			...identity,
		}),
	);
}
