/**
 * The program as it is when it is installed: the files that are published, and no `src/`, so that no start looks
 * whether `dist/` is fresh. What is measured and what stories start is this.
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
import { DIST, ROOT } from "./fresh.mjs";

const FOLDER = join(ROOT, "node_modules/.cache/coffer-installed");

const FILES = [
	"bin/run.js",
	"bin/compile-cache.js",
	"bin/package.json",
	"package.json",
	"oclif.manifest.json",
];

/** Where `bin/run.js` of the installed program is. */
export const INSTALLED_PROGRAM = join(FOLDER, "bin/run.js");

const isSame = (file) =>
	existsSync(join(FOLDER, file)) && readFileSync(join(FOLDER, file)).equals(readFileSync(join(ROOT, file)));

/** Whether it runs this checkout's `dist/`: a copied `node_modules` brings a link to the other checkout's. */
function isOwnDist() {
	const link = join(FOLDER, "dist");
	return lstatSync(link, { throwIfNoEntry: false }) !== undefined && readlinkSync(link) === DIST;
}

/**
 * Puts the files there that go with the present `dist/`, which stays where it is. Where they are there, nothing is
 * touched: somebody else may be running them.
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
