/** The repository's root. This works also in a program that was bundled to another folder below it. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function rootAbove(folder: string): string {
	if (existsSync(join(folder, "bin/run.js"))) return folder;
	const parent = dirname(folder);
	if (parent === folder) throw new Error("This is not run from the repository.");
	return rootAbove(parent);
}

export const ROOT = rootAbove(dirname(fileURLToPath(import.meta.url)));
