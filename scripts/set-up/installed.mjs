/**
 * The program as users install it: the published files without `src/`, so that a start does not check whether
 * `dist/` is up to date. Benchmarks and stories use it.
 */
import {
	copyFileSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readFileSync,
	readlinkSync,
	renameSync,
	rmSync,
	symlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DIST, ROOT } from "../fresh.mjs";

const FOLDER = join(ROOT, "node_modules/.cache/coffer-installed");

const FILES = [
	"bin/run.js",
	"bin/compile-cache.js",
	"bin/package.json",
	"package.json",
	"oclif.manifest.json",
];

/** The path of the installed program's `bin/run.js`. */
export const INSTALLED_PROGRAM = join(FOLDER, "bin/run.js");

const isSame = (file) =>
	existsSync(join(FOLDER, file)) && readFileSync(join(FOLDER, file)).equals(readFileSync(join(ROOT, file)));

/** Whether it runs this checkout's `dist/`. A copied `node_modules` contains a link to the other checkout's. */
function isOwnDist() {
	const link = join(FOLDER, "dist");
	return lstatSync(link, { throwIfNoEntry: false }) !== undefined && readlinkSync(link) === DIST;
}

/**
 * Installs the files that belong to the present `dist/`, which is linked. If they are already installed, it
 * changes nothing, because another process may be running them.
 */
export function install() {
	if (FILES.every(isSame) && isOwnDist()) return;
	const fresh = `${FOLDER}.${process.pid}`;
	for (const file of FILES) {
		mkdirSync(dirname(join(fresh, file)), { recursive: true });
		copyFileSync(join(ROOT, file), join(fresh, file));
	}
	symlinkSync(DIST, join(fresh, "dist"), "junction");
	rmSync(FOLDER, { recursive: true, force: true });
	renameSync(fresh, FOLDER);
}
