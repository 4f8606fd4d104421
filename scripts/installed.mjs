/**
 * The program as it is when it is installed: the files that are published, and no `src/`, so that no start looks
 * whether `dist/` is fresh. What is measured and what stories start is this.
 */
import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { DIST, ROOT } from "./fresh.mjs";

const FOLDER = join(ROOT, "node_modules/.cache/coffer-installed");

/** Where `bin/run.js` of the installed program is. */
export const INSTALLED_PROGRAM = join(FOLDER, "bin/run.js");

/** Puts the files of the present `dist/` there, which stays where it is. */
export function install() {
	const fresh = `${FOLDER}.${process.pid}`;
	for (const file of ["bin/run.js", "package.json", "oclif.manifest.json"]) {
		mkdirSync(dirname(join(fresh, file)), { recursive: true });
		copyFileSync(join(ROOT, file), join(fresh, file));
	}
	symlinkSync(DIST, join(fresh, "dist"), "junction");
	rmSync(FOLDER, { recursive: true, force: true });
	renameSync(fresh, FOLDER);
}
