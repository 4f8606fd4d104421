/**
 * `npm run torture [-- NAME…] [--rounds N] [--seed N] [--plants] [--idioms]`: the long form of
 * the files NAME.torture.ts in test/torture (those whose name contains one of the names), each in full. A failure is
 * printed with the seed that reproduces it. With `--plants` each runs in short form, once for every bug that
 * can be planted. A bug that it does not find is a failure. With `--idioms` a torture that has a grammar
 * reports its result for each idiom alone.
 */
import { parseArgs } from "node:util";

import { eachProgram } from "./compile.mjs";
import { ensureBuilt } from "./ensure-built.mjs";
import { install } from "./set-up/installed.mjs";
import { installPackages, installSystemPackages, runAsScript } from "./setup.mjs";

const FAILURES_SHOWN = 20;
const FAILURE_COLUMNS = 160;

function print(name, { rounds, failures, tally }, { seed, seconds }) {
	const verdict = failures.length === 0 ? "holds" : `FAILED ${failures.length} times`;
	console.log(`${name}: ${rounds.toLocaleString("en")} rounds, ${verdict} (seed ${seed}, ${seconds} s)`);
	for (const [what, number] of Object.entries(tally))
		console.log(`  ${what}: ${number.toLocaleString("en")}`);
	for (const failure of failures.slice(0, FAILURES_SHOWN)) console.log(`  ✗ ${failure}`);
}

/** Plants each bug in turn. @returns whether the torture finds all of them */
async function catchesPlants(torture, seed) {
	let caught = true;
	for (const plant of torture.plants) {
		const { failures } = await torture.run({ rounds: torture.rounds.short, seed, plant });
		console.log(`  ${failures.length > 0 ? "caught" : "✗ NOT CAUGHT"}: ${plant}`);
		// A bug that makes the torture fail for another reason is not found, so the reason is shown.
		if (failures.length > 0)
			console.log(`    by: ${failures[0].split("\n", 1)[0].slice(0, FAILURE_COLUMNS)}`);
		caught &&= failures.length > 0;
	}
	return caught;
}

async function main() {
	const { values, positionals } = parseArgs({
		options: {
			rounds: { type: "string" },
			seed: { type: "string" },
			plants: { type: "boolean" },
			idioms: { type: "boolean" },
		},
		allowPositionals: true,
	});
	installPackages();
	installSystemPackages();
	await ensureBuilt();
	install();
	const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
	let failed = false;
	const programs = { folder: "test/torture", suffix: ".torture.ts", parts: positionals };
	await eachProgram(programs, async ({ torture }) => {
		process.stderr.write(`${torture.name} …\n`);
		if (values.idioms) {
			for (const line of (await torture.parts?.()) ?? []) console.log(line);
			return;
		}
		if (values.plants) {
			if (!(await catchesPlants(torture, Number(values.seed ?? 1)))) failed = true;
			return;
		}
		const startMs = performance.now();
		const rounds = Number(values.rounds ?? torture.rounds.long);
		const report = await torture.run({ rounds, seed });
		const seconds = Math.round((performance.now() - startMs) / 1000);
		print(torture.name, report, { seed, seconds });
		failed ||= report.failures.length > 0;
	});
	if (failed) process.exitCode = 1;
}

await runAsScript(main);
