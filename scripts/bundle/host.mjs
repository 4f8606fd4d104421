/**
 * What Deno runs (`src/platform/runtime/host`), as it is put into `dist/host/`.
 *
 * Each start of a function loads the host. As JavaScript in a few files that takes a third of the time that Deno needs to
 * load and translate each TypeScript module by itself. The modules of `node/` stay files of their own, since an import
 * map names them. What they and the host share is in chunks, so that there is one instance of it (`server-slot.ts`). The
 * chunks are in `node/` too: functions may read that folder, and within it `node:net` is Node's own module.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { ROOT } from "../fresh.mjs";

const FOLDER = join(ROOT, "src/platform/runtime/host");
const IMPORT_MAP = "node/import-map.json";

/** Programs besides the modules of the import map. */
const PROGRAMS = ["main.ts", "egress-sockets.ts", "warm-up.ts"];

/** Texts that builds put beside the sources of functions. */
const TEXTS = ["base44.ts", "std-http.ts"];

/** A program that must be one file, because it is copied into the bundler's cache. */
const PROXY = "bundler/esbuild-proxy.ts";

const asJavaScript = (path) => path.replace(/\.ts$/, ".js");

/** The import map for the built modules, and the modules that it names. */
function readImportMap() {
	const { imports, ...rest } = JSON.parse(readFileSync(join(FOLDER, IMPORT_MAP), "utf8"));
	const entries = Object.entries(imports);
	const built = Object.fromEntries(entries.map(([name, path]) => [name, asJavaScript(path)]));
	return {
		text: JSON.stringify({ imports: built, ...rest }),
		modules: entries.map(([, path]) => `node/${path.slice("./".length)}`),
	};
}

/**
 * Bundles the host, without writing anything.
 * @returns path inside `dist/` → contents, in the order in which to write: no file names a later one. Empty if this
 *   checkout has no host
 */
export async function bundleHost(esbuild) {
	if (!existsSync(FOLDER)) return [];
	const { modules, text } = readImportMap();
	const build = (paths, splitting) =>
		esbuild.build({
			absWorkingDir: ROOT,
			entryPoints: paths.map((path) => join(FOLDER, path)),
			bundle: true,
			splitting,
			format: "esm",
			platform: "node",
			target: "esnext",
			outdir: FOLDER,
			outbase: FOLDER,
			chunkNames: "node/chunk-[hash]",
			legalComments: "none",
			logLevel: "silent",
			write: false,
		});
	const results = await Promise.all([build([...PROGRAMS, ...modules], true), build([PROXY], false)]);
	const outputFiles = results.flatMap((result) => result.outputFiles);
	const built = outputFiles.map(({ path, text: code }) => [
		relative(FOLDER, path).replaceAll("\\", "/"),
		code,
	]);
	const isChunk = ([path]) => path.startsWith("node/chunk-");
	const files = [
		...built.filter(isChunk),
		...built.filter((file) => !isChunk(file)),
		[IMPORT_MAP, text],
		...TEXTS.map((name) => [name, readFileSync(join(FOLDER, name), "utf8")]),
	];
	return files.map(([path, contents]) => [`host/${path}`, contents]);
}
