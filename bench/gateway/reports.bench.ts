/**
 * What reporting costs: the metrics and the request log. A platform beside one whose gateway reports none of its
 * requests, in turns: throughput, and the processor time of all processes of the platform for a request.
 * `COFFER_BENCH_BEFORE` may name a checkout of an earlier version, which is measured too.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Bench, type BenchContext, median, type Row } from "../harness.ts";
import { makeProject, type RunningPlatform, servedAt, startPlatform } from "../platform/running-platform.ts";
import { load } from "./load.ts";
import { type Part, partTimes } from "./reports/processor-time.ts";
import { silentBuild } from "./reports/silent-build.ts";

const PAIRS = 7;
const SECONDS = 5;
const SHARE_MAX = 0.03;
const PARTS: readonly Part[] = ["gateway", "data plane", "control plane"];
const ENTRY = 'export default () => new Response("hello");\n';

interface Measured {
	readonly requestsPerSecond: number;
	/** Processor time for a request, in microseconds. */
	readonly us: Readonly<Record<Part, number>>;
}

async function start(context: BenchContext, name: string, program: string): Promise<RunningPlatform> {
	const own = { ...context, program, folder: join(context.folder, name) };
	await mkdir(own.folder);
	const platform = await startPlatform(own);
	await makeProject(own, platform, platform.control, { "functions/hello/index.ts": ENTRY }, ["UNUSED=1"]);
	await servedAt(`${platform.listen}/bench/hello`, "hello");
	return platform;
}

async function measure({ folder, smoke }: BenchContext, platform: RunningPlatform): Promise<Measured> {
	const before = partTimes(platform.pid);
	const loaded = await load(`${platform.listen}/bench/hello`, { folder, smoke, seconds: SECONDS });
	if (loaded.failed > 0) throw new Error(`${loaded.failed} requests failed`);
	const after = partTimes(platform.pid);
	const us = (part: Part) => (after[part] - before[part]) / loaded.requests;
	return {
		requestsPerSecond: loaded.requestsPerSecond,
		us: Object.fromEntries(PARTS.map((part) => [part, us(part)])) as Measured["us"],
	};
}

const total = ({ us }: Measured) => PARTS.reduce((sum, part) => sum + us[part], 0);

/** The median of one figure, and the median of its ratios to that of another platform in the same turns. */
function compare(ours: readonly Measured[], theirs: readonly Measured[], of: (one: Measured) => number) {
	const ratios = ours.map((one, index) => of(one) / of(theirs[index] ?? one));
	return { ratio: median(ratios), mine: median(ours.map(of)), other: median(theirs.map(of)) };
}

function throughputRow(ours: readonly Measured[], theirs: readonly Measured[], peer: string): Row {
	const { mine, other, ratio } = compare(ours, theirs, (one) => one.requestsPerSecond);
	const perSecond = (value: number) => `${Math.round(value).toLocaleString("en")} req/s`;
	return {
		figure: `throughput with reports, against ${peer}`,
		target: `≥ ${1 - SHARE_MAX} × ${peer}`,
		measured: `${ratio.toFixed(3)} × (${perSecond(mine)})`,
		beside: `${peer}: ${perSecond(other)}`,
		reached: ratio >= 1 - SHARE_MAX,
	};
}

function processorRow(ours: readonly Measured[], theirs: readonly Measured[], peer: string): Row {
	const { mine, other, ratio } = compare(ours, theirs, total);
	const parts = PARTS.map((part) => {
		const { mine: own, other: beside } = compare(ours, theirs, ({ us }) => us[part]);
		return `${part} ${own.toFixed(1)} (${beside.toFixed(1)})`;
	});
	return {
		figure: `processor time for a request with reports, against ${peer}`,
		target: `≤ ${1 + SHARE_MAX} × ${peer}`,
		measured: `${ratio.toFixed(3)} × (${mine.toFixed(1)} µs)`,
		beside: `${peer}: ${other.toFixed(1)} µs; ${parts.join(", ")}`,
		reached: ratio <= 1 + SHARE_MAX,
	};
}

export const bench: Bench = {
	name: "reports of requests",
	async run(context) {
		const { COFFER_BENCH_BEFORE: checkout } = process.env;
		await using ours = await start(context, "ours", context.program);
		await using silent = await start(context, "silent", await silentBuild(context));
		const program = checkout === undefined ? undefined : join(checkout, "bin/run.js");
		await using before = program === undefined ? undefined : await start(context, "before", program);
		const measured = { ours: [] as Measured[], silent: [] as Measured[], before: [] as Measured[] };
		for (let pair = context.smoke ? 0 : -1; pair < context.pairs(PAIRS); pair++)
			for (const [name, platform] of Object.entries({ ours, silent, before })) {
				const one = platform && (await measure(context, platform));
				if (pair >= 0 && one !== undefined) measured[name as keyof typeof measured].push(one);
			}
		const peers = { "a gateway that reports nothing": measured.silent, "the build before": measured.before };
		return Object.entries(peers)
			.filter(([, theirs]) => theirs.length > 0)
			.flatMap(([peer, theirs]) => [
				throughputRow(measured.ours, theirs, peer),
				processorRow(measured.ours, theirs, peer),
			]);
	},
};
