/** TypeScript programs of this repository's own (benchmarks, tortures), bundled, since Node runs no TypeScript. */
import { mkdir, readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./fresh.mjs";

/** Beside node_modules, so that packages resolve. */
async function compile(folder, names, outdir) {
	const { build } = await import("esbuild");
	await build({
		absWorkingDir: ROOT,
		entryPoints: names.map((name) => join(ROOT, folder, name)),
		outdir,
		outbase: join(ROOT, folder),
		outExtension: { ".js": ".mjs" },
		bundle: true,
		splitting: true,
		format: "esm",
		platform: "node",
		target: "node20.19",
		packages: "external",
		logLevel: "warning",
	});
}

/**
 * Imports the programs of a folder and of those below it, in the order of their names, and passes each module to `use`.
 * @param suffix of their file names, such as `.bench.ts`
 * @param parts only files whose names contain one of these; all files if it is empty
 * @param together how many run at the same time; by default, one
 * @param use called with a module; the next one waits for its promise
 */
export async function eachProgram({ folder, suffix, parts, together = 1 }, use) {
	const names = (await readdir(join(ROOT, folder), { recursive: true }))
		.filter((name) => name.endsWith(suffix))
		.filter((name) => parts.length === 0 || parts.some((part) => basename(name).includes(part)))
		.sort();
	if (names.length === 0) throw new Error(`No file of ${folder}/ has such a name.`);
	const outdir = join(ROOT, "node_modules/.cache/coffer-programs", String(process.pid));
	await mkdir(outdir, { recursive: true });
	try {
		await compile(folder, names, outdir);
		const waiting = names.values();
		const runInTurn = async () => {
			for (const name of waiting)
				await use(await import(pathToFileURL(join(outdir, name.replace(/\.ts$/, ".mjs"))).href));
		};
		await Promise.all(Array.from({ length: together }, runInTurn));
	} finally {
		await rm(outdir, { recursive: true, force: true });
	}
}
