/** TypeScript programs of this repository's own (benchmarks, tortures), bundled, since Node runs no TypeScript. */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./fresh.mjs";

/** Beside node_modules, so that packages resolve. */
async function compile(folder, names, outdir) {
	const { build } = await import("esbuild");
	await build({
		absWorkingDir: ROOT,
		entryPoints: names.map((name) => join(ROOT, folder, name)),
		outdir,
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
 * Imports the programs of a folder, one after the other, and hands each module over.
 * @param suffix of their file names, such as `.bench.ts`
 * @param parts of file names to choose by; all where there are none
 */
export async function eachProgram({ folder, suffix, parts }, use) {
	const names = (await readdir(join(ROOT, folder)))
		.filter((name) => name.endsWith(suffix))
		.filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)))
		.sort();
	if (names.length === 0) throw new Error(`No file of ${folder}/ has such a name.`);
	const outdir = join(ROOT, "node_modules/.cache/coffer-programs", String(process.pid));
	await mkdir(outdir, { recursive: true });
	try {
		await compile(folder, names, outdir);
		for (const name of names)
			await use(await import(pathToFileURL(join(outdir, name.replace(/\.ts$/, ".mjs"))).href));
	} finally {
		await rm(outdir, { recursive: true, force: true });
	}
}
