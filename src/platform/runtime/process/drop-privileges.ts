/**
 * Drops privileges before Deno begins: the process can no longer gain rights by set-user-ID programs. The
 * program `setpriv` does that and then executes Deno.
 */
import { systemProgram } from "../../machine/system-program.ts";
import type { User } from "../../machine/users.ts";

/**
 * The command prefix that drops privileges; empty if this system has no `setpriv`. The process id stays the
 * same.
 * @param root the user to switch to, with no capabilities left, if the process starts as root; undefined if it
 *   runs as its user from the start
 */
export function dropPrivilegesCommand(root?: { readonly becomes: User | undefined }): readonly string[] {
	const setpriv = process.platform === "linux" ? systemProgram("setpriv") : undefined;
	if (setpriv === undefined) return [];
	const { becomes } = root ?? {};
	const identity =
		becomes === undefined ? [] : [`--reuid=${becomes.uid}`, `--regid=${becomes.gid}`, "--clear-groups"];
	const capabilities = root === undefined ? [] : ["--inh-caps=-all", "--bounding-set=-all"];
	return [setpriv, ...identity, ...capabilities, "--no-new-privs", "--"];
}
