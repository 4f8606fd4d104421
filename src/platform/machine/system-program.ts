/**
 * Finds programs of the system. Only an administrator can write to the searched folders, unlike the folders in `PATH`.
 */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

const FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin", "/run/current-system/sw/bin"];

/** The path of a program. Undefined if the system does not have it. */
export function systemProgram(name: string): string | undefined {
	return FOLDERS.map((folder) => join(folder, name)).find((path) => {
		try {
			accessSync(path, constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}
