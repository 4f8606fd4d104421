/** Requests to running functions while the platform is killed and started again. */

import { load } from "../gateway/load.ts";
import type { Bench, BenchContext, Row } from "../harness.ts";
import { makeProject, type RunningPlatform, startPlatform } from "./running-platform.ts";

const RATE = 200;
const SERVING = `Deno.serve(() => new Response(Deno.env.get("VALUE") + " " + Deno.pid));\n`;

async function killedRow(context: BenchContext, first: RunningPlatform): Promise<Row> {
	const times = context.smoke ? 2 : 20;
	const url = `${first.listen}/bench/busy`;
	const before = await (await fetch(url)).text();
	const next = { ...context, listen: new URL(first.listen).host };
	// About a second for each start, and a pause.
	const options = { folder: context.folder, connections: 16, rate: RATE, smoke: context.smoke };
	const calm = await load(url, { ...options, seconds: 10 });
	const startMs = performance.now();
	const loaded = load(url, { ...options, seconds: Math.ceil(times * 1.5) });
	let running = first;
	for (let time = 0; time < times; time++) {
		await running.kill();
		running = await startPlatform(next);
	}
	const seconds = (performance.now() - startMs) / 1000;
	const busy = await loaded;
	const after = await (await fetch(url)).text();
	await running[Symbol.asyncDispose]();
	const p99 = `p99 ${busy.p99Ms.toFixed(1)} ms, without: ${calm.p99Ms.toFixed(1)} ms`;
	return {
		figure: `kill -9 of the platform under load, ${times} times in ${seconds.toFixed(0)} s`,
		target: "0 failed, the same process",
		measured: `${busy.failed} of ${busy.requests.toLocaleString("en")} requests failed, ${before === after ? "the same process" : "another process"}`,
		beside: p99,
		reached: busy.failed === 0 && before === after,
	};
}

export const bench: Bench = {
	name: "restarts of the platform",
	async run(context) {
		const platform = await startPlatform(context);
		const files = { "functions/busy/index.ts": SERVING };
		await makeProject(context, platform, platform.control, files, ["VALUE=first"]);
		return [await killedRow(context, platform)];
	},
};
