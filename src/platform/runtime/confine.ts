/**
 * What a function's process gives up before Deno begins, by way of small programs that become it: some priority, so
 * that functions that spin leave the processor to the platform, and the way to more rights by set-user-ID programs.
 */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

const FOLDERS = ["/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin"];
/** The platform's share of a processor that both want is three quarters. */
const NICENESS = 5;

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
	const nice = find("nice");
	const setpriv = process.platform === "linux" ? find("setpriv") : undefined;
	return [
		...(nice === undefined ? [] : [nice, "-n", String(NICENESS)]),
		...(setpriv === undefined ? [] : [setpriv, "--no-new-privs", "--"]),
	];
}
