/**
 * The gateway compared with that of an earlier version: throughput, and the p99 of calls while a change
 * replaces the function. `COFFER_BENCH_BEFORE` names the checkout of the earlier version (built, with its
 * `node_modules`). Without it nothing is measured.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Bench, type BenchContext, median, type Row } from "../harness.ts";
import {
	type Coffer,
	makeProject,
	type RunningPlatform,
	servedAt,
	startPlatform,
} from "../platform/running-platform.ts";
import { load } from "./load.ts";

/** For throughput and for times: this version may be worse by this factor at most. */
const TOLERANCE = 0.05;
const ENTRY = 'export default () => new Response(Deno.env.get("VALUE"));\n';
const CHANGES = 5;

interface Build {
	readonly platform: RunningPlatform;
	readonly run: Coffer;
}

async function startBuild(context: BenchContext, name: string, program: string): Promise<Build> {
	const own = { ...context, program, folder: join(context.folder, name) };
	await mkdir(own.folder);
	const platform = await startPlatform(own);
	const files = { "functions/hello/index.ts": ENTRY };
	const run = await makeProject(own, platform, platform.control, files, ["VALUE=first"]);
	await servedAt(urlOf(platform), "first");
	return { platform, run };
}

const urlOf = ({ listen }: RunningPlatform): string => `${listen}/bench/hello`;

interface Measured {
	readonly requestsPerSecond: number;
	readonly p99Ms: number;
	readonly changingP99Ms: number;
}

/** Full load, then a fixed rate, then the same rate while the value changes again and again. */
async function measure(folder: string, { platform, run }: Build, seconds: number): Promise<Measured> {
	const url = urlOf(platform);
	const { requestsPerSecond } = await load(url, { folder, seconds, smoke: false });
	const rate = { folder, seconds, rate: 1_000, smoke: false };
	const { p99Ms } = await load(url, rate);
	const changing = load(url, rate);
	for (let change = 0; change < CHANGES; change++) await run("secrets", "set", `VALUE=${change}`);
	const { failed, p99Ms: changingP99Ms } = await changing;
	if (failed > 0) throw new Error(`${failed} requests failed`);
	return { requestsPerSecond, p99Ms, changingP99Ms };
}

function rowOf(figure: string, ours: readonly number[], theirs: readonly number[], isRate: boolean): Row {
	const ratio = median(ours.map((value, index) => value / (theirs[index] ?? Number.NaN)));
	const unit = isRate ? "req/s" : "ms";
	return {
		figure,
		target: `${isRate ? `≥ ${1 - TOLERANCE}` : `≤ ${1 + TOLERANCE}`} × the build before`,
		measured: `${ratio.toFixed(2)} × (${median(ours).toFixed(1)} ${unit}; median of ${ours.length})`,
		beside: `the build before: ${median(theirs).toFixed(1)} ${unit}`,
		reached: isRate ? ratio >= 1 - TOLERANCE : ratio <= 1 + TOLERANCE,
	};
}

export const bench: Bench = {
	name: "the gateway of an earlier build",
	async run(context) {
		const before = process.env.COFFER_BENCH_BEFORE;
		if (before === undefined) return [];
		const theirs = await startBuild(context, "theirs", join(before, "bin/run.js"));
		const ours = await startBuild(context, "ours", context.program);
		const [mine, others]: [Measured[], Measured[]] = [[], []];
		try {
			for (let pair = context.smoke ? 0 : -1; pair < context.pairs(7); pair++) {
				const own = await measure(context.folder, ours, 4);
				const other = await measure(context.folder, theirs, 4);
				if (pair < 0) continue;
				mine.push(own);
				others.push(other);
			}
		} finally {
			await theirs.platform[Symbol.asyncDispose]();
			await ours.platform[Symbol.asyncDispose]();
		}
		const row = (figure: string, key: keyof Measured) =>
			rowOf(
				figure,
				mine.map((one) => one[key]),
				others.map((one) => one[key]),
				key === "requestsPerSecond",
			);
		return [
			row("gateway's throughput", "requestsPerSecond"),
			row("gateway's p99 at 1,000 requests a second", "p99Ms"),
			row(`gateway's p99 there, while the value changes ${CHANGES} times`, "changingP99Ms"),
		];
	},
};
