/** How long a deployment takes of many functions that share modules: all of them new, and none of them changed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { findDeno } from "../../src/platform/runtime/deno-binary.ts";
import { type Bench, type BenchContext, median, type Row } from "../harness.ts";
import { type Coffer, makeProject, startPlatform } from "../platform/running-platform.ts";

const COLD_MAX_S = 60;
const UNCHANGED_MAX_S = 5;
const SHARED = ["a", "b", "c", "d", "e", "f", "g", "h"];

function filesOf(count: number): Record<string, string> {
	const files: Record<string, string> = {};
	for (const name of SHARED) {
		const secret = name.toUpperCase();
		files[`functions/_shared/${name}.ts`] =
			`export const read_${name} = () => Deno.env.get("KEY_${secret}");\nexport const unused_${name} = () => Deno.env.get("UNUSED_${secret}");\n`;
	}
	const imports = SHARED.map((name) => `import { read_${name} } from "../_shared/${name}.ts";\n`).join("");
	const calls = SHARED.map((name) => `read_${name}()`).join(", ");
	for (let index = 0; index < count; index++)
		files[`functions/f${index}/index.ts`] =
			`${imports}Deno.serve(() => new Response(String([${calls}, Deno.env.get("OWN_${index}")])));\n`;
	return files;
}

/**
 * The time to build one of them alone: its module graph and its bundle.
 * @returns the median of some runs, in seconds
 */
async function bareBuild({ cwd }: Coffer, runs: number): Promise<number> {
	const deno = await findDeno();
	const times: number[] = [];
	for (let run = 0; run < runs; run++) {
		const start = performance.now();
		for (const args of [
			["info", "--json"],
			["bundle", "--quiet", "--output", join(cwd, "..", "bare.js")],
		]) {
			const child = spawn(deno, [...args, "functions/f0/index.ts"], {
				cwd,
				stdio: "ignore",
			});
			const [status] = await once(child, "exit");
			if (status !== 0) throw new Error(`deno ${args[0]} exited with ${status}`);
		}
		times.push((performance.now() - start) / 1000);
	}
	return median(times);
}

function row(figure: string, limit: number, seconds: number, beside: string): Row {
	return {
		figure,
		target: `≤ ${limit} s`,
		measured: `${seconds.toFixed(1)} s`,
		beside,
		reached: seconds <= limit,
	};
}

async function measure(context: BenchContext, count: number): Promise<Row[]> {
	await using platform = await startPlatform(context);
	const start = performance.now();
	const run = await makeProject(context, platform, platform.control, filesOf(count), ["KEY_A=a"]);
	const coldS = (performance.now() - start) / 1000;
	const again = performance.now();
	await run("functions", "deploy");
	const unchangedS = (performance.now() - again) / 1000;
	const bareS = await bareBuild(run, context.pairs(3));
	const beside = `deno info and deno bundle of one: ${bareS.toFixed(2)} s`;
	return [
		row(`${count} new functions that share ${SHARED.length} modules`, COLD_MAX_S, coldS, beside),
		row(`${count} functions, nothing changed`, UNCHANGED_MAX_S, unchangedS, beside),
	];
}

export const bench: Bench = {
	name: "deployments of many functions",
	run: (context) => measure(context, context.smoke ? 2 : 100),
};
