/**
 * What a function's process gives up before Deno begins, by way of a small program that becomes it: the way to more
 * rights by set-user-ID programs.
 */
import { systemProgram } from "../system-program.ts";

/** What comes before the command of a function, as far as this system has it; the process id stays the same. */
export function confinement(): readonly string[] {
	const setpriv = process.platform === "linux" ? systemProgram("setpriv") : undefined;
	return setpriv === undefined ? [] : [setpriv, "--no-new-privs", "--"];
}
