/** How long the platform's thread stands still while a large upload is deployed, and what callers of a function see of it. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Bench, type BenchContext, median, type Row } from "./harness.ts";
import { makeProject, type RunningPlatform, startPlatform } from "./running-platform.ts";

const STALL_RATIO_MAX = 5;
const MODULE_BYTES = 3 * 1024 * 1024;
const SHARED = "functions/_shared/large.ts";
const CALM_MS = 5_000;
const BETWEEN_CALLS_MS = 20;
const POLL_MS = 20;

const QUIET = 'export default () => new Response("quiet");\n';

/** A module of many functions, as a generated client is. @param salt makes it another one than before */
function largeModule(bytes: number, salt: number): string {
	const parts: string[] = [`export const salt = ${salt};\n`];
	for (let index = 0, size = 0; size < bytes; index++) {
		const part = `export function call${index}(input: { id: string; size?: number }): string {\n\treturn [input.id, "call", input.size ?? ${index}].join("/");\n}\n`;
		parts.push(part);
		size += part.length;
	}
	return parts.join("");
}

function entryOf(index: number): string {
	return `import { call${index}, salt } from "../_shared/large.ts";\nexport default () => new Response(call${index}({ id: String(salt) }));\n`;
}

/** The longest delay of the platform's event loop since this was asked before, in ms. */
async function longestStall(platform: RunningPlatform, file: string): Promise<number> {
	const linesOf = async () =>
		(await readFile(file, "utf8").catch(() => "")).trim().split("\n").filter(Boolean);
	const before = (await linesOf()).length;
	process.kill(platform.pid, "SIGUSR2");
	for (; ; await setTimeout(POLL_MS)) {
		const lines = await linesOf();
		if (lines.length > before) return Number(lines.at(-1));
	}
}

/** Calls a function, one request after the other, for as long as something takes. @returns the longest answer, in ms */
async function slowestCall(url: string, during: Promise<unknown>): Promise<number> {
	let isOver = false;
	const end = during.finally(() => {
		isOver = true;
	});
	let slowestMs = 0;
	while (!isOver) {
		const start = performance.now();
		await (await fetch(url)).text();
		slowestMs = Math.max(slowestMs, performance.now() - start);
		await setTimeout(BETWEEN_CALLS_MS);
	}
	await end;
	return slowestMs;
}

function rowOf(figure: string, during: readonly number[], calm: readonly number[]): Row {
	const ratio = median(during.map((ms, index) => ms / (calm[index] ?? Number.NaN)));
	return {
		figure,
		target: `≤ ${STALL_RATIO_MAX} × without a deployment`,
		measured: `${ratio.toFixed(2)} × (${median(during).toFixed(0)} ms)`,
		beside: `without: ${median(calm).toFixed(0)} ms`,
		reached: ratio <= STALL_RATIO_MAX,
	};
}

/** A platform whose event loop is watched. */
async function startWatched(context: BenchContext, file: string): Promise<RunningPlatform> {
	const probe = join(context.root, "bench/peers/event-loop-probe.mjs");
	Object.assign(process.env, { NODE_OPTIONS: `--import=${probe}`, EVENT_LOOP_PROBE: file });
	try {
		return await startPlatform(context);
	} finally {
		delete process.env.NODE_OPTIONS;
		delete process.env.EVENT_LOOP_PROBE;
	}
}

async function measure(context: BenchContext, count: number, bytes: number): Promise<Row[]> {
	const file = join(context.folder, "stalls");
	await using platform = await startWatched(context, file);
	const run = await makeProject(
		context,
		platform,
		platform.control,
		{
			"functions/quiet/index.ts": QUIET,
			...Object.fromEntries(
				Array.from({ length: count }, (_, index) => [`functions/f${index}/index.ts`, entryOf(index)]),
			),
			[SHARED]: largeModule(10_000, 0),
		},
		["UNUSED=1"],
	);
	const url = `${platform.listen}/bench/quiet`;
	const stalls: { during: number[]; calm: number[] } = { during: [], calm: [] };
	const calls: { during: number[]; calm: number[] } = { during: [], calm: [] };
	for (let pair = 0; pair < context.pairs(3); pair++) {
		await writeFile(join(run.cwd, SHARED), largeModule(bytes, pair + 1));
		await longestStall(platform, file);
		calls.calm.push(await slowestCall(url, setTimeout(CALM_MS)));
		stalls.calm.push(await longestStall(platform, file));
		calls.during.push(await slowestCall(url, run("functions", "deploy")));
		stalls.during.push(await longestStall(platform, file));
	}
	const what = `${count} functions deployed that share a module of ${(bytes / 1024 / 1024).toFixed(1)} MiB`;
	return [
		rowOf(`longest stall of the platform's thread, ${what}`, stalls.during, stalls.calm),
		rowOf(`slowest answer of another function, ${what}`, calls.during, calls.calm),
	];
}

export const bench: Bench = {
	name: "a large deployment beside calls",
	run: (context) => (context.smoke ? measure(context, 3, 100_000) : measure(context, 12, MODULE_BYTES)),
};
