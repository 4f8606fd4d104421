/**
 * Checks whether `dist/` was built from the present `src/`. It takes only a few stat calls, so every start
 * from a checkout can do it. Loads nothing but node:fs, so that a fresh `dist/` costs no more than that.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");
export const DIST = join(ROOT, "dist");
const FINGERPRINT = ".fingerprint";

/** Everything besides `src/` that affects the output. */
const INPUTS = [
	"package-lock.json",
	"scripts/build.mjs",
	"scripts/bundle/bundle.mjs",
	"scripts/bundle/console.mjs",
	"scripts/bundle/everyday.mjs",
	"scripts/bundle/host.mjs",
	"scripts/bundle/licenses.mjs",
	"scripts/bundle/oclif.mjs",
	"scripts/bundle/packages.mjs",
	"scripts/bundle/pass.mjs",
	"scripts/bundle/trimmed.mjs",
];

function addFile(path, lines) {
	const { mtimeMs, size } = statSync(path);
	lines.push(`${path.slice(ROOT.length)} ${mtimeMs} ${size}`);
}

function addFolder(path, lines) {
	for (const entry of readdirSync(path, { withFileTypes: true })) {
		const child = `${path}/${entry.name}`;
		if (entry.isDirectory()) addFolder(child, lines);
		// Editors' swap files come and go.
		else if (/\.(tsx?|json|css|html)$/.test(entry.name)) addFile(child, lines);
	}
}

/** One line for each input, with its time and size: equal text, equal inputs. */
export function fingerprint() {
	for (let attempt = 0; ; attempt++) {
		const lines = [];
		try {
			addFolder(join(ROOT, "src"), lines);
			for (const input of INPUTS) addFile(join(ROOT, input), lines);
			return lines.sort().join("\n");
		} catch (error) {
			// A file was removed between listing and stat: try again.
			if (error.code !== "ENOENT" || attempt === 5) throw error;
		}
	}
}

/** The fingerprint of the sources of `dist/`; undefined if it was never built. */
export function builtFingerprint() {
	try {
		return readFileSync(join(DIST, FINGERPRINT), "utf8");
	} catch {
		return undefined;
	}
}
