/** The time to analyse a bundle, compared with parsing it. */
import { readdirSync, readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { ANALYSIS_LIMITS } from "../../src/platform/build/bundle-analyzer.ts";
import { WorkerThread } from "../../src/platform/threads/worker-thread.ts";
import { bundleFor } from "../../test/support/bundle.ts";
import { type Bench, type BenchContext, median, type Row } from "../harness.ts";
import type { Bundle, Measured, Task } from "./references.program.ts";

const MS_PER_THOUSAND_LINES_MAX = 30;
const LARGE_MS_MAX = 1_500;
const MB = 1024 * 1024;
/** Packages that functions use. */
const PACKAGES = ["zod", "undici", "hono", "pino", "prom-client", "semver", "@clack/prompts"];
const SMOKE_PACKAGES = ["semver"];
const SMOKE_FUNCTIONS = 5;

async function bundleOf(root: string, contents: string): Promise<Bundle> {
	const { outputFiles } = await build({
		stdin: { contents, resolveDir: root, sourcefile: "entry.js" },
		bundle: true,
		format: "esm",
		platform: "node",
		sourcemap: "external",
		sourcesContent: false,
		outfile: join(root, "bundle.js"),
		write: false,
		logLevel: "silent",
	});
	const textOf = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? "";
	return { code: textOf(".js"), sourceMap: textOf(".map") };
}

const READS = 'Deno.serve(() => new Response(Deno.env.get("OWN")));\n';

/** A bundle of each function of the corpus that consists of one module, up to a number of them. */
async function functionsOf(root: string, max: number): Promise<Bundle[]> {
	const folder = join(root, "test/references/corpus");
	const blocks = readdirSync(folder).flatMap((file) =>
		readFileSync(join(folder, file), "utf8")
			.split(/^# .*\n/m)
			.slice(1),
	);
	const single = blocks
		.filter((block) => !block.includes("\n--- "))
		.map((block) => block.replace(/^=> [\s\S]*/m, ""));
	const bundles: Bundle[] = [];
	for (const code of single) {
		if (bundles.length === max) break;
		const bundle = await bundleOf(root, code).catch(() => undefined);
		if (bundle !== undefined) bundles.push(bundle);
	}
	return bundles;
}

/**
 * Measures bundles in a thread whose heap has the platform's sizes: the size of V8's young generation decides how much
 * of the time is garbage collection.
 */
type Measure = (bundle: Bundle, rounds: number) => Promise<Measured>;

const linesIn = ({ code }: Bundle) => code.split("\n").length;

async function linesRow(
	figure: string,
	bundles: readonly Bundle[],
	measure: Measure,
	rounds: number,
): Promise<Row> {
	const perThousand: { analysis: number; parse: number }[] = [];
	for (const bundle of bundles) {
		const { analysisMs, parseMs } = await measure(bundle, rounds);
		const thousands = linesIn(bundle) / 1000;
		perThousand.push({ analysis: analysisMs / thousands, parse: parseMs / thousands });
	}
	const analysis = median(perThousand.map((one) => one.analysis));
	return {
		figure,
		target: `≤ ${MS_PER_THOUSAND_LINES_MAX} ms per 1,000 lines`,
		measured: `${analysis.toFixed(1)} ms`,
		beside: `oxc-parser alone: ${median(perThousand.map((one) => one.parse)).toFixed(1)} ms`,
		reached: analysis <= MS_PER_THOUSAND_LINES_MAX,
	};
}

async function largeRow(bundle: Bundle, measure: Measure, rounds: number): Promise<Row> {
	const { analysisMs, parseMs } = await measure(bundle, rounds);
	return {
		figure: `a bundle of ${(Buffer.byteLength(bundle.code) / MB).toFixed(1)} MB`,
		target: `≤ ${LARGE_MS_MAX.toLocaleString("en")} ms`,
		measured: `${analysisMs.toFixed(0)} ms (${(analysisMs / parseMs).toFixed(2)} ×)`,
		beside: `oxc-parser alone: ${parseMs.toFixed(0)} ms`,
		reached: analysisMs <= LARGE_MS_MAX,
	};
}

async function rowsOf({ root, smoke, pairs }: BenchContext, measure: Measure): Promise<Row[]> {
	const functions = await functionsOf(root, smoke ? SMOKE_FUNCTIONS : Number.POSITIVE_INFINITY);
	const packages: Bundle[] = [];
	for (const name of smoke ? SMOKE_PACKAGES : PACKAGES)
		packages.push(await bundleOf(root, `import * as it from "${name}";\nconsole.log(it);\n${READS}`));
	// The largest bundle: a function that contains a compiler.
	const names = smoke ? [] : ["typescript/lib/_tsc.js"];
	const imports = names.map(
		(name, index) => `import * as p${index} from "${name}";\nconsole.log(p${index});\n`,
	);
	const large = await bundleOf(root, imports.join("") + READS);
	return [
		await linesRow(`${functions.length} functions`, functions, measure, pairs(9)),
		await linesRow(`${packages.length} npm packages`, packages, measure, pairs(5)),
		await largeRow(large, measure, pairs(5)),
	];
}

export const bench: Bench = {
	name: "the search for references",
	async run(context: BenchContext) {
		const program = join(context.folder, "references.mjs");
		await bundleFor("bench/functions/references.program.ts", program);
		await symlink(join(context.root, "node_modules"), join(context.folder, "node_modules"));
		const thread = new WorkerThread<Task, Measured>(program, ANALYSIS_LIMITS);
		try {
			return await rowsOf(context, (bundle, rounds) => thread.ask({ ...bundle, rounds }));
		} finally {
			await thread.close();
		}
	},
};
