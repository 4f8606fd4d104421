/** Redeploys while functions are called: failed requests, response times, and which processes are replaced. */

import { type Load, load } from "../gateway/load.ts";
import type { Bench, BenchContext, Row } from "../harness.ts";
import { type Coffer, makeProject, type RunningPlatform, startPlatform } from "./running-platform.ts";

const P99_RATIO_MAX = 2;
const REFERENCING = 3;
const RATE = 200;

/**
 * Responds with the secret that it reads. At `/stream`, it responds with twenty pieces over a second instead.
 */
const SERVING = `
export default (request) => {
	const value = Deno.env.get("VALUE") ?? "";
	if (!request.url.endsWith("/stream")) return new Response(value);
	let left = 20;
	return new Response(new ReadableStream({
		async pull(controller) {
			if (left-- === 0) return controller.close();
			await new Promise((resolve) => setTimeout(resolve, 50));
			controller.enqueue(new TextEncoder().encode("piece "));
		},
	}));
};\n`;

function filesOf(count: number): Record<string, string> {
	const files: Record<string, string> = { "functions/busy/index.ts": SERVING };
	for (let index = 1; index < count; index++) {
		const name = index <= REFERENCING ? "RARE" : `OWN_${index}`;
		files[`functions/f${index}/index.ts`] = `Deno.serve(() => new Response(Deno.env.get("${name}")));\n`;
	}
	return files;
}

/** Reads one stream after the other until the signal. @returns the numbers of complete and of broken streams */
async function readStreams(url: string, ending: AbortSignal): Promise<{ complete: number; broken: number }> {
	const counts = { complete: 0, broken: 0 };
	while (!ending.aborted) {
		const text = await fetch(`${url}/stream`).then(
			(answer) => answer.text(),
			() => "",
		);
		if (text === "piece ".repeat(20)) counts.complete++;
		else counts.broken++;
	}
	return counts;
}

/** Sets the secret that the busy function reads, again and again. @returns the time, in seconds */
async function redeploy(run: Coffer, times: number): Promise<number> {
	const start = performance.now();
	for (let time = 0; time < times; time++) await run("secrets", "set", `VALUE=${time}-${start}`);
	return (performance.now() - start) / 1000;
}

async function loadRows(context: BenchContext, platform: RunningPlatform, run: Coffer): Promise<Row[]> {
	const times = context.smoke ? 1 : 50;
	const tried = context.smoke ? 1 : 3;
	const url = `${platform.listen}/bench/busy`;
	const options = { folder: context.folder, connections: 16, rate: RATE, smoke: context.smoke };
	const calm = await load(url, { ...options, seconds: 20 });
	// The approximate time of the redeploys.
	const seconds = Math.ceil((await redeploy(run, tried)) * (times / tried) * 1.2) + 1;
	const ending = new AbortController();
	const streams = Promise.all([readStreams(url, ending.signal), readStreams(url, ending.signal)]);
	const loaded = load(url, { ...options, seconds });
	await redeploy(run, times);
	const busy = await loaded;
	ending.abort();
	return rowsOf(times, calm, busy, await streams);
}

function rowsOf(
	times: number,
	calm: Load,
	busy: Load,
	streams: { complete: number; broken: number }[],
): Row[] {
	const complete = streams.reduce((sum, seen) => sum + seen.complete, 0);
	const broken = streams.reduce((sum, seen) => sum + seen.broken, 0);
	const requests = busy.requests.toLocaleString("en");
	const ratio = busy.p99Ms / calm.p99Ms;
	return [
		{
			figure: `${times} redeploys under load`,
			target: "0 failed",
			measured: `${busy.failed} of ${requests} requests, ${broken} of ${complete + broken} streams failed`,
			beside: `without: ${calm.failed} of ${calm.requests.toLocaleString("en")} requests failed`,
			reached: busy.failed === 0 && broken === 0,
		},
		{
			figure: `p99 during ${times} redeploys`,
			target: `≤ ${P99_RATIO_MAX} × without`,
			measured: `${ratio.toFixed(2)} × (${busy.p99Ms.toFixed(1)} ms)`,
			beside: `without: ${calm.p99Ms.toFixed(1)} ms at ${RATE} req/s`,
			reached: ratio <= P99_RATIO_MAX,
		},
	];
}

async function processesRow(platform: RunningPlatform, run: Coffer): Promise<Row> {
	const pids = async () => {
		const url = `${platform.control}/v1/apps/bench/functions`;
		const answer = await fetch(url, { headers: { authorization: `Bearer ${platform.token}` } });
		const { functions } = (await answer.json()) as { functions: { name: string; pid: number | null }[] };
		return new Map(functions.map(({ name, pid }) => [name, pid]));
	};
	const before = await pids();
	await run("secrets", "set", "RARE=another");
	const after = await pids();
	const replaced = [...after].filter(([name, pid]) => pid !== before.get(name)).map(([name]) => name);
	const running = [...before.values()].filter((pid) => pid !== null).length;
	const expected = Array.from({ length: REFERENCING }, (_, index) => `f${index + 1}`);
	return {
		figure: `a change that ${REFERENCING} of ${before.size} functions read`,
		target: `exactly ${REFERENCING} processes replaced`,
		measured: `${replaced.length} replaced, ${before.size - replaced.length} kept`,
		beside: `${running} ran`,
		reached: replaced.sort().join() === expected.join() && running === before.size,
	};
}

export const bench: Bench = {
	name: "redeploys under load",
	async run(context) {
		await using platform = await startPlatform(context);
		const files = filesOf(context.smoke ? REFERENCING + 2 : 100);
		const run = await makeProject(context, platform, platform.control, files, ["VALUE=first", "RARE=first"]);
		return [await processesRow(platform, run), ...(await loadRows(context, platform, run))];
	},
};
