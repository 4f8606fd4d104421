/**
 * The web console (`src/console`), as it is put into `dist/console/`: a page, one script and one style sheet. The names
 * of the last two have the hash of their contents, so a browser may keep them for ever.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../fresh.mjs";
import { hashOf } from "./trimmed.mjs";

const FOLDER = join(ROOT, "src/console");

const OPTIONS = {
	absWorkingDir: ROOT,
	bundle: true,
	format: "iife",
	platform: "browser",
	target: ["chrome111", "firefox114", "safari16.4"],
	jsx: "automatic",
	jsxImportSource: "preact",
	minify: true,
	legalComments: "none",
	charset: "utf8",
	logLevel: "silent",
	write: false,
	metafile: true,
	outdir: FOLDER,
};

/**
 * Bundles the console, without writing anything.
 * @returns `files`: path inside `dist/` → contents, in the order in which to write: the page names the others, and is
 *   last; `inputs`: the bundled files. Both are empty if this checkout has no console
 */
export async function bundleConsole(esbuild) {
	if (!existsSync(FOLDER)) return { files: [], inputs: [] };
	const entryPoints = { console: join(FOLDER, "main.tsx"), style: join(FOLDER, "style/main.css") };
	const { metafile, outputFiles } = await esbuild.build({ ...OPTIONS, entryPoints });
	const textOf = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text;
	const [script, style] = [textOf("console.js"), textOf("style.css")];
	const names = { script: `console-${hashOf(script)}.js`, style: `console-${hashOf(style)}.css` };
	const page = readFileSync(join(FOLDER, "index.html"), "utf8").replace(
		/\{(script|style)\}/g,
		(_, kind) => names[kind],
	);
	return {
		files: [
			[`console/${names.script}`, script],
			[`console/${names.style}`, style],
			["console/index.html", page],
		],
		inputs: Object.keys(metafile.inputs),
	};
}
