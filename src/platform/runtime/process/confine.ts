/**
 * What a function's process gives up before Deno begins, by way of a small program that becomes it: the way to more
 * rights by set-user-ID programs.
 */
import { systemProgram } from "../../machine/system-program.ts";
import type { User } from "../../machine/users.ts";

/**
 * What comes before the command of a function, as far as this system has it; the process id stays the same.
 * @param root whom a process that starts as root is to become, with no capability left; undefined where it is its
 *   user's from the start
 */
export function confinement(root?: { readonly becomes: User | undefined }): readonly string[] {
	const setpriv = process.platform === "linux" ? systemProgram("setpriv") : undefined;
	if (setpriv === undefined) return [];
	const { becomes } = root ?? {};
	const identity =
		becomes === undefined ? [] : [`--reuid=${becomes.uid}`, `--regid=${becomes.gid}`, "--clear-groups"];
	const capabilities = root === undefined ? [] : ["--inh-caps=-all", "--bounding-set=-all"];
	return [setpriv, ...identity, ...capabilities, "--no-new-privs", "--"];
}
