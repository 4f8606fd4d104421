/**
 * How long a large deployment blocks the platform's thread, and how long callers of a function wait
 * meanwhile.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { EventLoopProbe } from "../gateway/event-loop-probe.ts";
import { type Bench, type BenchContext, median, type Row } from "../harness.ts";
import { makeProject, startPlatform } from "../platform/running-platform.ts";

/** Starting a process blocks the thread for 15 ms to 40 ms, and each function is one process. */
const CALM_RATIO_MAX = 10;
const SMALL_RATIO_MAX = 2;
const MODULE_BYTES = 3 * 1024 * 1024;
const SMALL_BYTES = 10_000;
const SHARED = "functions/_shared/large.ts";
const CALM_MS = 5_000;
const SMOKE_CALM_MS = 100;
const BETWEEN_CALLS_MS = 20;

const QUIET = 'export default () => new Response("quiet");\n';

/**
 * A module of many functions, like a generated API client. @param salt makes its text differ from the earlier
 * ones
 */
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

/**
 * Calls a function, one request after the other, until the work is done. @returns the longest response time,
 * in ms
 */
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

interface Peer {
	readonly name: string;
	readonly ratioMax: number;
	readonly ms: readonly number[];
}

function rowOf(figure: string, during: readonly number[], { ms, name, ratioMax }: Peer): Row {
	const ratio = median(during.map((one, index) => one / (ms[index] ?? Number.NaN)));
	return {
		figure,
		target: `≤ ${ratioMax} × ${name}`,
		measured: `${ratio.toFixed(2)} × (${median(during).toFixed(0)} ms)`,
		beside: `${name}: ${median(ms).toFixed(0)} ms`,
		reached: ratio <= ratioMax,
	};
}

async function measure(context: BenchContext, count: number, bytes: number): Promise<Row[]> {
	const environment = EventLoopProbe.environment(context.root, context.folder);
	await using platform = await startPlatform({ ...context, environment });
	const probe = new EventLoopProbe(platform.pid, context.folder);
	const run = await makeProject(
		context,
		platform,
		platform.control,
		{
			"functions/quiet/index.ts": QUIET,
			...Object.fromEntries(
				Array.from({ length: count }, (_, index) => [`functions/f${index}/index.ts`, entryOf(index)]),
			),
			[SHARED]: largeModule(SMALL_BYTES, 0),
		},
		["UNUSED=1"],
	);
	const url = `${platform.listen}/bench/quiet`;
	const stalls = { calm: [] as number[], small: [] as number[], large: [] as number[] };
	const calls = { calm: [] as number[], small: [] as number[], large: [] as number[] };
	const during = async (what: keyof typeof stalls, work: () => Promise<unknown>) => {
		await probe.read();
		calls[what].push(await slowestCall(url, work()));
		stalls[what].push((await probe.read()).maxMs);
	};
	const deployWith = (size: number, salt: number) => async () => {
		await writeFile(join(run.cwd, SHARED), largeModule(size, salt));
		await run("functions", "deploy");
	};
	for (let pair = 0; pair < context.pairs(2); pair++) {
		await during("calm", () => setTimeout(context.smoke ? SMOKE_CALM_MS : CALM_MS));
		await during("small", deployWith(SMALL_BYTES, 2 * pair + 1));
		await during("large", deployWith(bytes, 2 * pair + 2));
	}
	const what = `${count} functions deployed that share a module of ${(bytes / 1024 / 1024).toFixed(1)} MiB`;
	const rows = (figure: string, { calm, large, small }: typeof stalls) => [
		rowOf(`${figure}, ${what}`, large, { name: "no deployment", ratioMax: CALM_RATIO_MAX, ms: calm }),
		rowOf(`${figure}, ${what}`, large, { name: "a module of 10 KB", ratioMax: SMALL_RATIO_MAX, ms: small }),
	];
	return [
		...rows("longest stall of the platform's thread", stalls),
		...rows("slowest answer of another function", calls),
	];
}

export const bench: Bench = {
	name: "a large deployment beside calls",
	run: (context) =>
		context.smoke ? measure(context, 1, 2 * SMALL_BYTES) : measure(context, 12, MODULE_BYTES),
};
