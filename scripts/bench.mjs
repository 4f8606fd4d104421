/**
 * `npm run bench [-- NAME…] [--smoke] [--json FILE]`: runs bench/AREA/NAME.bench.ts (those whose file name contains
 * one of the names) one after the other, and prints their figures beside their targets. A missed target is a
 * failure. With `--smoke` each runs only a few rounds, several run at the same time, and a missed target is
 * not a failure.
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { eachProgram } from "./compile.mjs";
import { ensureBuilt } from "./ensure-built.mjs";
import { ROOT } from "./fresh.mjs";
import { INSTALLED_PROGRAM, install } from "./set-up/installed.mjs";
import { installLoadPackages, runAsScript } from "./setup.mjs";

const SMOKE_PAIRS = 1;
/** More than the cores of the smallest machine, because benchmarks often wait. */
const SMOKE_TOGETHER = 5;

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

/** Runs a benchmark in its own empty folder. */
async function measure(bench, smoke) {
	const folder = await mkdtemp(join(tmpdir(), "coffer-bench-"));
	const pairs = (full) => (smoke ? SMOKE_PAIRS : full);
	try {
		return await bench.run({ root: ROOT, program: INSTALLED_PROGRAM, folder, smoke, pairs });
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
	install();
	installLoadPackages();
	const results = [];
	const programs = { folder: "bench", suffix: ".bench.ts", parts: positionals };
	const together = values.smoke ? SMOKE_TOGETHER : 1;
	await eachProgram({ ...programs, together }, async ({ bench }) => {
		const result = { bench: bench.name, rows: [] };
		results.push(result);
		const startMs = performance.now();
		result.rows = await measure(bench, values.smoke);
		process.stderr.write(`${bench.name}: ${Math.round((performance.now() - startMs) / 1000)} s\n`);
	});
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
