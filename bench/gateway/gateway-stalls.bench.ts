/**
 * How steady the gateway is: the stalls of its event loop at half load, and the response times of a function while
 * functions of another app are deployed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Bench, type BenchContext, median, type Row } from "../harness.ts";
import {
	type Coffer,
	makeProject,
	type RunningPlatform,
	startPlatform,
} from "../platform/running-platform.ts";
import { EventLoopProbe } from "./event-loop-probe.ts";
import { listenerOf } from "./idle-connections.ts";
import { load } from "./load.ts";

const STALL_MS_MAX = 2;
const P99_RATIO_MAX = 2;
const DEPLOYED = 20;
const SMOKE_DEPLOYED = 1;
/** The load on the other function during deployments. */
const RATE = 200;
const HALF_LOAD_SECONDS = 3;

const QUIET = 'export default () => new Response("quiet");\n';
const functionOf = (index: number, salt: number) =>
	`export default () => new Response("function ${index}, version ${salt}");\n`;

/** The gateway's process, with the probe, and an idle one that only has the probe. */
async function stallRows(context: BenchContext, url: string): Promise<Row[]> {
	const { folder, root, smoke } = context;
	const gateway = new EventLoopProbe(listenerOf(Number(new URL(url).port)), folder);
	const idle: ChildProcess = spawn(process.execPath, ["-e", "setInterval(() => {}, 60_000)"], {
		env: { ...process.env, ...EventLoopProbe.environment(root, folder) },
		stdio: "ignore",
	});
	const floor = new EventLoopProbe(idle.pid ?? -1, folder);
	const stalls = { gateway: [] as number[], p99: [] as number[], floor: [] as number[] };
	try {
		const full = await load(url, { folder, smoke, seconds: HALF_LOAD_SECONDS });
		const rate = full.requestsPerSecond / 2;
		for (let pair = smoke ? 0 : -1; pair < context.pairs(7); pair++) {
			await Promise.all([gateway.read(), floor.read()]);
			await load(url, { folder, smoke, seconds: HALF_LOAD_SECONDS, rate });
			const [busy, calm] = await Promise.all([gateway.read(), floor.read()]);
			if (pair < 0) continue;
			stalls.gateway.push(busy.maxMs);
			stalls.p99.push(busy.p99Ms);
			stalls.floor.push(calm.maxMs);
		}
		const at = `at half load (${Math.round(rate).toLocaleString("en")} req/s)`;
		const beside = `an idle process with the same probe: ${median(stalls.floor).toFixed(1)} ms`;
		return [
			stallRow(
				`longest stall of the gateway's event loop in ${HALF_LOAD_SECONDS} s, ${at}`,
				stalls.gateway,
				beside,
			),
			stallRow(`p99 of the delays of its event loop, ${at}`, stalls.p99, beside),
		];
	} finally {
		idle.kill();
	}
}

function stallRow(figure: string, ms: readonly number[], beside: string): Row {
	const measured = median(ms);
	return {
		figure,
		target: `≤ ${STALL_MS_MAX} ms`,
		measured: `${measured.toFixed(1)} ms (${Math.min(...ms).toFixed(1)} to ${Math.max(...ms).toFixed(1)})`,
		beside,
		reached: measured <= STALL_MS_MAX,
	};
}

/** Gives all functions of the other app new code, and deploys them. @returns how long that takes, in seconds */
async function deployAll(coffer: Coffer, count: number, salt: number): Promise<number> {
	for (let index = 0; index < count; index++)
		await writeFile(join(coffer.cwd, `functions/f${index}/index.ts`), functionOf(index, salt));
	const start = performance.now();
	await coffer("functions", "deploy");
	return (performance.now() - start) / 1000;
}

async function deployRow(context: BenchContext, platform: RunningPlatform, url: string): Promise<Row> {
	const count = context.smoke ? SMOKE_DEPLOYED : DEPLOYED;
	const files = Object.fromEntries(
		Array.from({ length: count }, (_, index) => [`functions/f${index}/index.ts`, functionOf(index, 0)]),
	);
	const coffer = await makeProject(context, platform, platform.control, files, ["UNUSED=1"], "others");
	const { folder, smoke } = context;
	const seconds = Math.ceil(await deployAll(coffer, count, 1));
	const p99Of = async () => {
		const { failed, p99Ms } = await load(url, { folder, smoke, seconds, rate: RATE, connections: 16 });
		if (failed > 0) throw new Error(`${failed} requests failed`);
		return p99Ms;
	};
	const [during, calm]: [number[], number[]] = [[], []];
	for (let pair = 0; pair < context.pairs(5); pair++) {
		calm.push(await p99Of());
		const deployed = deployAll(coffer, count, pair + 2);
		during.push(await p99Of());
		await deployed;
	}
	const ratio = median(during.map((ms, index) => ms / (calm[index] ?? Number.NaN)));
	return {
		figure: `p99 of another function while ${count} functions are deployed (${seconds} s)`,
		target: `≤ ${P99_RATIO_MAX} × no deployment`,
		measured: `${ratio.toFixed(2)} × (${median(during).toFixed(1)} ms; median of ${calm.length})`,
		beside: `no deployment: ${median(calm).toFixed(1)} ms at ${RATE} req/s; ${cpus().length} cores`,
		reached: ratio <= P99_RATIO_MAX,
	};
}

export const bench: Bench = {
	name: "stalls of the gateway, and calls beside deployments",
	async run(context) {
		await mkdir(context.folder, { recursive: true });
		const environment = EventLoopProbe.environment(context.root, context.folder);
		await using platform = await startPlatform({ ...context, environment });
		await makeProject(context, platform, platform.control, { "functions/quiet/index.ts": QUIET }, [
			"UNUSED=1",
		]);
		const url = `${platform.listen}/bench/quiet`;
		await (await fetch(url)).text();
		if (!context.smoke) await setTimeout(1_000);
		return [...(await stallRows(context, url)), await deployRow(context, platform, url)];
	},
};
