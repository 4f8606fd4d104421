/** Starts the system's process of a function. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { User } from "../../machine/users.ts";
import { withoutReadAhead } from "../output/paced-reader.ts";

export type Child = ChildProcessByStdio<null, Readable, Readable>;

/** What is run, and as whom. */
export interface ChildSpecification {
	/** Deno with its arguments up to and with the main module, behind what becomes it. */
	readonly command: readonly string[];
	/** Deno's own variables; the function never sees them. */
	readonly variables: Record<string, string>;
	readonly cwd: string;
	/** Whom it runs as; the platform's own user where undefined. */
	readonly user: User | undefined;
	/** Whether the command itself becomes that user. */
	readonly startsAsRoot: boolean;
}

/** @returns a process whose output is read no further than it is asked for */
export function spawnChild({ command, cwd, startsAsRoot, user, variables }: ChildSpecification): Child {
	const [file = "", ...args] = command;
	// The groups of the platform's own user are dropped with it.
	const identity = user === undefined || startsAsRoot ? {} : { uid: user.uid, gid: user.gid };
	return withoutReadAhead(() =>
		spawn(file, args, { cwd, env: variables, stdio: ["ignore", "pipe", "pipe"], ...identity }),
	);
}
