/**
 * Response times of a function while functions of another app (neighbours) use as much of the machine as they
 * can.
 */
import { mkdir } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { load } from "../gateway/load.ts";
import { type BenchContext, median, type Row } from "../harness.ts";
import { makeProject, type RunningPlatform, startPlatform } from "./running-platform.ts";

const P99_RATIO_MAX = 2;
const RATE = 200;
const SECONDS = 3;
/** A neighbour starts before the load and ends this long after it. */
const MARGIN_MS = 500;
const SMOKE_BUSY_MS = 100;

const QUIET = 'export default () => new Response("quiet");\n';

/** A neighbour: what it does until a moment, in JavaScript, with `end` in milliseconds since 1970. */
export interface Neighbours {
	/** `a neighbour that spins`. */
	readonly called: string;
	readonly code: string;
	readonly count: number;
}

const functionOf = (code: string) => `
export default async (request) => {
	const end = Date.now() + Number(new URL(request.url).searchParams.get("ms"));
	${code}
	return new Response("done");
};\n`;

function rowOf({ called, count }: Neighbours, beside: readonly number[], calm: readonly number[]): Row {
	const ratio = median(beside.map((ms, index) => ms / (calm[index] ?? Number.NaN)));
	return {
		figure: `p99 beside ${called}${count > 1 ? `, ${count} at once` : ""}`,
		target: `≤ ${P99_RATIO_MAX} × without`,
		measured: `${ratio.toFixed(2)} × (${median(beside).toFixed(1)} ms; median of ${calm.length})`,
		beside: `without: ${median(calm).toFixed(1)} ms at ${RATE} req/s; ${cpus().length} cores`,
		reached: ratio <= P99_RATIO_MAX,
	};
}

const nameOf = (index: number) => `n${index}`;

/** Calls a neighbour again and again until a moment, because the platform may end it. */
async function keepBusy(listen: string, index: number, ms: number): Promise<void> {
	const end = Date.now() + ms;
	for (let left = ms; left > 0; left = end - Date.now()) {
		const response = await fetch(`${listen}/neighbours/${nameOf(index)}?ms=${left}`);
		await response.text();
		// A response of the gateway itself, because the function has ended.
		if (!response.ok && response.status !== 502 && response.status !== 503)
			throw new Error(`${nameOf(index)} answered ${response.status}`);
	}
}

/** Pairs of runs, without and with the neighbours. */
async function measure(
	neighbours: Neighbours,
	{ listen }: Pick<RunningPlatform, "listen">,
	context: BenchContext,
): Promise<Row> {
	const busyMs = context.smoke ? SMOKE_BUSY_MS : SECONDS * 1000 + MARGIN_MS;
	const p99Of = async () => {
		const options = {
			folder: context.folder,
			connections: 16,
			rate: RATE,
			seconds: SECONDS,
			smoke: context.smoke,
		};
		const { p99Ms, failed } = await load(`${listen}/bench/quiet`, options);
		if (failed > 0) throw new Error(`${failed} requests failed`);
		return p99Ms;
	};
	const [beside, calm]: [number[], number[]] = [[], []];
	for (let pair = context.smoke ? 0 : -1; pair < context.pairs(7); pair++) {
		const calmMs = await p99Of();
		const indices = Array.from({ length: neighbours.count }, (_, index) => index);
		const busy = Promise.all(indices.map((index) => keepBusy(listen, index, busyMs)));
		const besideMs = await p99Of();
		await busy;
		if (pair < 0) continue;
		calm.push(calmMs);
		beside.push(besideMs);
	}
	return rowOf(neighbours, beside, calm);
}

/**
 * The p99 of a function beside each kind of neighbour, compared with its p99 alone. Each kind runs on its own
 * platform.
 */
export async function besideNeighbours(kinds: readonly Neighbours[], context: BenchContext): Promise<Row[]> {
	const rows: Row[] = [];
	for (const [index, neighbours] of (context.smoke ? kinds.slice(0, 1) : kinds).entries()) {
		const own = { ...context, folder: join(context.folder, String(index)) };
		await mkdir(own.folder);
		await using platform = await startPlatform(own);
		const names = Array.from({ length: neighbours.count }, (_, at) => nameOf(at));
		const files = names.map((name) => [`functions/${name}/index.ts`, functionOf(neighbours.code)]);
		const quiet = { "functions/quiet/index.ts": QUIET };
		await makeProject(own, platform, platform.control, quiet, ["UNUSED=1"]);
		const others = Object.fromEntries(files);
		await makeProject(own, platform, platform.control, others, ["UNUSED=1"], "neighbours");
		rows.push(await measure(neighbours, platform, own));
	}
	return rows;
}
