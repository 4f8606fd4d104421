/**
 * `npm run bench [-- NAME…] [--smoke] [--json FILE]`: runs bench/*.bench.ts (those whose file name holds one of the
 * names) one after the other and prints their figures beside their targets. With `--smoke` each runs a few
 * rounds only, and a missed target is no failure; otherwise it is.
 */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { ensureBuilt } from "./ensure-built.mjs";
import { ROOT } from "./fresh.mjs";
import { runAsScript } from "./setup.mjs";

const SMOKE_PAIRS = 2;

/** Bundles the benchmarks, since Node runs no TypeScript; beside node_modules, so that packages resolve. */
async function compile(names, outdir) {
	const { build } = await import("esbuild");
	await build({
		absWorkingDir: ROOT,
		entryPoints: names.map((name) => join(ROOT, "bench", name)),
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

function print(rows) {
	const heading = {
		figure: "figure",
		target: "target",
		measured: "measured",
		beside: "floor or peer",
		reached: "",
	};
	const lines = [heading, ...rows].map(({ figure, target, measured, beside, reached }) => [
		figure,
		target,
		measured,
		beside,
		reached === "" ? "" : reached ? "ok" : "MISSED",
	]);
	const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
	for (const line of lines)
		console.log(
			line
				.map((cell, column) => cell.padEnd(widths[column]))
				.join("  ")
				.trimEnd(),
		);
}

/** Runs a benchmark with an empty folder of its own. */
async function measure(bench, smoke) {
	const folder = await mkdtemp(join(tmpdir(), "coffer-bench-"));
	const pairs = (full) => (smoke ? SMOKE_PAIRS : full);
	try {
		return await bench.run({ root: ROOT, folder, smoke, pairs });
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

async function main() {
	const { values, positionals } = parseArgs({
		options: { smoke: { type: "boolean", default: false }, json: { type: "string" } },
		allowPositionals: true,
	});
	await ensureBuilt();
	const names = (await readdir(join(ROOT, "bench")))
		.filter((name) => name.endsWith(".bench.ts"))
		.filter((name) => positionals.length === 0 || positionals.some((part) => name.includes(part)))
		.sort();
	const outdir = join(ROOT, "node_modules/.cache/coffer-bench", String(process.pid));
	await mkdir(outdir, { recursive: true });
	const results = [];
	try {
		await compile(names, outdir);
		for (const name of names) {
			const { bench } = await import(pathToFileURL(join(outdir, name.replace(/\.ts$/, ".mjs"))).href);
			process.stderr.write(`${bench.name} …\n`);
			const rows = await measure(bench, values.smoke);
			results.push({ bench: bench.name, rows });
		}
	} finally {
		await rm(outdir, { recursive: true, force: true });
	}
	const rows = results.flatMap((result) => result.rows);
	print(rows);
	const machine = {
		node: process.version,
		platform: process.platform,
		cpus: cpus().length,
		model: cpus()[0]?.model,
	};
	if (values.json)
		await writeFile(
			values.json,
			`${JSON.stringify({ machine, smoke: values.smoke, results }, undefined, "\t")}\n`,
		);
	if (!values.smoke && rows.some(({ reached }) => !reached)) process.exitCode = 1;
}

await runAsScript(main);
