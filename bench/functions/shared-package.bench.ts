/**
 * A deployment of many functions that share a package, compared with the same deployment on an earlier
 * version. `COFFER_BENCH_BEFORE` names the checkout of the earlier version (built, with its `node_modules`).
 * Without it only this version is measured.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Bench, type BenchContext, median, type Row } from "../harness.ts";
import { makeProject, type RunningPlatform, startPlatform } from "../platform/running-platform.ts";

const FUNCTIONS = 81;
const FASTER_MIN = 6;
const RESIDENT_MB_MAX = 160;
/** A package without dependencies, whose analysis takes little time. */
const SMOKE_CLIENT = `import ms from "npm:ms@2.1.3";
export const client = () => ({ from: ms });
`;
const CLIENT = `import { createClient } from "npm:@supabase/supabase-js@2.74.0";
export const client = () => createClient("http://127.0.0.1:1", Deno.env.get("KEY") ?? "");
`;
const SHARED = "functions/_shared/client.ts";

const entryOf = (index: number, text: string) =>
	`import { client } from "../_shared/client.ts";\nDeno.serve(() => new Response(typeof client().from + ${JSON.stringify(`${text} ${index}`)}));\n`;

/** Seconds, and megabytes of the platform's own process. */
interface Measured {
	readonly coldS: number;
	readonly changedS: number;
	readonly residentMb: number;
}

async function residentMb({ pid }: RunningPlatform): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, "utf8");
	return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1000;
}

async function measure(context: BenchContext, name: string, program: string): Promise<Measured> {
	const own = { ...context, program, folder: join(context.folder, name) };
	await mkdir(own.folder);
	await using platform = await startPlatform(own);
	// The first deployment downloads the package, and is not measured.
	const first = {
		[SHARED]: context.smoke ? SMOKE_CLIENT : CLIENT,
		"functions/f0/index.ts": entryOf(0, "first"),
	};
	const run = await makeProject(own, platform, platform.control, first, ["KEY=value"]);
	const count = context.smoke ? 2 : FUNCTIONS;
	for (let index = 1; index < count; index++) {
		await mkdir(join(run.cwd, `functions/f${index}`), { recursive: true });
		await writeFile(join(run.cwd, `functions/f${index}/index.ts`), entryOf(index, "new"));
	}
	const timed = async () => {
		const startMs = performance.now();
		await run("functions", "deploy");
		return (performance.now() - startMs) / 1000;
	};
	const coldS = await timed();
	const resident = await residentMb(platform);
	await writeFile(join(run.cwd, "functions/f1/index.ts"), entryOf(1, "changed"));
	return { coldS, changedS: await timed(), residentMb: resident };
}

function rowsOf(ours: readonly Measured[], theirs: readonly Measured[]): Row[] {
	const mid = (list: readonly Measured[], key: keyof Measured) => median(list.map((one) => one[key]));
	if (theirs.length === 0) {
		const shown = (figure: string, measured: string): Row => ({
			...{ figure, measured, target: "shown", beside: "COFFER_BENCH_BEFORE names no build", reached: true },
		});
		return [
			shown("new functions that share a package", `${mid(ours, "coldS").toFixed(1)} s`),
			shown("one of them changed", `${mid(ours, "changedS").toFixed(1)} s`),
			shown("memory of the platform's process after that", `${mid(ours, "residentMb").toFixed(0)} MB`),
		];
	}
	const row = (figure: string, key: "coldS" | "changedS"): Row => {
		const beside = mid(theirs, key);
		const faster = beside / mid(ours, key);
		return {
			figure,
			target: key === "coldS" ? `${FASTER_MIN} × as fast as the build before` : "≤ 2 s",
			measured: `${mid(ours, key).toFixed(1)} s (${faster.toFixed(1)} × as fast)`,
			beside: `the build before: ${beside.toFixed(1)} s`,
			reached: key === "coldS" ? faster >= FASTER_MIN : mid(ours, key) <= 2,
		};
	};
	const resident = mid(ours, "residentMb");
	return [
		row("new functions that share a package", "coldS"),
		row("one of them changed", "changedS"),
		{
			figure: "memory of the platform's process after that",
			target: `≤ ${RESIDENT_MB_MAX} MB`,
			measured: `${resident.toFixed(0)} MB`,
			beside: `the build before: ${mid(theirs, "residentMb").toFixed(0)} MB`,
			reached: resident <= RESIDENT_MB_MAX,
		},
	];
}

export const bench: Bench = {
	name: "deployments of functions that share a package",
	async run(context) {
		const before = process.env.COFFER_BENCH_BEFORE;
		const [ours, theirs]: [Measured[], Measured[]] = [[], []];
		for (let pair = 0; pair < context.pairs(3); pair++) {
			if (before !== undefined)
				theirs.push(await measure(context, `before-${pair}`, join(before, "bin/run.js")));
			ours.push(await measure(context, `now-${pair}`, context.program));
		}
		return rowsOf(ours, theirs);
	},
};
