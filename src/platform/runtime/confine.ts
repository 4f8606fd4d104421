/**
 * What a function's process gives up before Deno begins, by way of a small program that becomes it: the way to more
 * rights by set-user-ID programs.
 */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

const FOLDERS = ["/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin"];

function find(program: string): string | undefined {
	return FOLDERS.map((folder) => join(folder, program)).find((path) => {
		try {
			accessSync(path, constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}

/** What comes before the command of a function, as far as this system has it; the process id stays the same. */
export function confinement(): readonly string[] {
	const setpriv = process.platform === "linux" ? find("setpriv") : undefined;
	return setpriv === undefined ? [] : [setpriv, "--no-new-privs", "--"];
}
