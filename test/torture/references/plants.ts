/** The analysis with a planted bug in its engine. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { ROOT } from "../../support/root.ts";
import { HOLES } from "./holes.ts";
import type { Analyze } from "./judge.ts";

export const REFERENCES_PLANTS: readonly string[] = Object.keys(HOLES);

/** The module that assembles the engine and then plants the bug. */
function assembly(plant: string): string {
	return `
		import { assembleEngine as assemble } from "./src/references/assembly.ts";
		import { HOLES } from "./test/torture/references/holes.ts";
		export function assembleEngine(...given) {
			const engine = assemble(...given);
			HOLES[${JSON.stringify(plant)}](engine);
			return engine;
		}`;
}

/**
 * Bundles the analysis with a planted bug. The sources are not changed.
 * @param plant the description of the bug
 */
export async function plantedAnalysis(plant: string): Promise<Analyze> {
	if (HOLES[plant] === undefined) throw new RangeError(`There is no planted bug '${plant}'.`);
	// Beside node_modules, so that packages resolve.
	const folder = join(ROOT, "node_modules/.cache/coffer-planted", String(process.pid));
	const outfile = join(folder, `${REFERENCES_PLANTS.indexOf(plant)}.mjs`);
	await mkdir(folder, { recursive: true });
	try {
		await build({
			entryPoints: [join(ROOT, "src/references/analyze.ts")],
			outfile,
			bundle: true,
			packages: "external",
			platform: "node",
			format: "esm",
			target: "node20.19",
			logLevel: "silent",
			plugins: [
				{
					name: "hole",
					setup: ({ onEnd, onResolve, onLoad }) => {
						let isPlanted = false;
						onResolve({ filter: /^\.\/assembly\.ts$/ }, ({ path }) => {
							isPlanted = true;
							return { path, namespace: "hole" };
						});
						onEnd(() => {
							if (!isPlanted) throw new Error("No module of the analysis imports './assembly.ts'.");
						});
						onLoad({ filter: /.*/, namespace: "hole" }, () => ({
							contents: assembly(plant),
							loader: "js",
							resolveDir: ROOT,
						}));
					},
				},
			],
		});
		const { analyzeReferences } = await import(pathToFileURL(outfile).href);
		return analyzeReferences;
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}
