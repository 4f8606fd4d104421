/** Response times of a function while another one writes to its log without end. */
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { type Bench, type BenchContext, median, type Row } from "../harness.ts";
import { makeProject, type RunningPlatform, startPlatform } from "../platform/running-platform.ts";
import { load } from "./load.ts";

const P99_RATIO_MAX = 2;
/** The share of the platform's thread that the flood may take. */
const SHARE_MAX = 0.1;
const RATE = 200;
/** A neighbour starts to write before the load and stops this long after it. */
const MARGIN_MS = 500;
const SMOKE_FLOOD_MS = 100;
/** The system's unit for processor time. */
const TICKS_PER_SECOND = 100;

const QUIET = 'export default () => new Response("quiet");\n';

/** The text of each write. */
const FLOODS = {
	"line feeds": "\\n".repeat(1_024),
	"single bytes": "x",
	"long lines": `${"x".repeat(8_191)}\\n`,
};

const flooding = (text: string) => `
const bytes = new TextEncoder().encode("${text}");
export default (request) => {
	const end = Date.now() + Number(new URL(request.url).searchParams.get("ms"));
	while (Date.now() < end) Deno.stdout.writeSync(bytes);
	return new Response("written");
};\n`;

/** User and system time of a process, all threads, in seconds (Linux). */
async function cpuSeconds(pid: number): Promise<number> {
	const stat = await readFile(`/proc/${pid}/stat`, "latin1");
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

interface Measured {
	readonly p99Ms: number;
	/** Processor time of the platform per second. */
	readonly share: number;
}

function rowsOf(what: string, flooded: readonly Measured[], calm: readonly Measured[]): Row[] {
	const pairs = flooded.map((one, index) => [one, calm[index] as Measured] as const);
	const ratio = median(pairs.map(([one, other]) => one.p99Ms / other.p99Ms));
	const more = median(pairs.map(([one, other]) => one.share - other.share));
	const calmMs = median(calm.map(({ p99Ms }) => p99Ms));
	return [
		{
			figure: `p99 beside a neighbour that writes ${what}`,
			target: `≤ ${P99_RATIO_MAX} × without`,
			measured: `${ratio.toFixed(2)} × (${median(flooded.map(({ p99Ms }) => p99Ms)).toFixed(1)} ms; median of ${calm.length})`,
			beside: `without: ${calmMs.toFixed(1)} ms at ${RATE} req/s; ${cpus().length} cores`,
			reached: ratio <= P99_RATIO_MAX,
		},
		{
			figure: `the platform's processor time for a neighbour that writes ${what}`,
			target: `≤ ${SHARE_MAX} s a second`,
			measured: `${more.toFixed(2)} s a second`,
			beside: `for ${RATE} req/s without: ${median(calm.map(({ share }) => share)).toFixed(2)} s a second`,
			reached: more <= SHARE_MAX,
		},
	];
}

/** Pairs of runs, without and with a neighbour that writes. */
async function beside(
	what: string,
	name: string,
	{ listen, pid }: RunningPlatform,
	context: BenchContext,
): Promise<Row[]> {
	const seconds = context.smoke ? 1 : 3;
	const floodMs = context.smoke ? SMOKE_FLOOD_MS : seconds * 1000 + MARGIN_MS;
	const measure = async (): Promise<Measured> => {
		const options = { folder: context.folder, connections: 16, rate: RATE, seconds, smoke: context.smoke };
		const before = await cpuSeconds(pid);
		const { p99Ms, failed } = await load(`${listen}/bench/quiet`, options);
		if (failed > 0) throw new Error(`${failed} requests failed`);
		return { p99Ms, share: ((await cpuSeconds(pid)) - before) / seconds };
	};
	const [flooded, calm]: [Measured[], Measured[]] = [[], []];
	for (let pair = context.smoke ? 0 : -1; pair < context.pairs(3); pair++) {
		const before = await measure();
		const written = fetch(`${listen}/bench/${name}?ms=${floodMs}`);
		const during = await measure();
		if ((await (await written).text()) !== "written") throw new Error(`${name} did not write`);
		if (pair < 0) continue;
		calm.push(before);
		flooded.push(during);
	}
	return rowsOf(what, flooded, calm);
}

export const bench: Bench = {
	name: "a neighbour that writes without end",
	async run(context) {
		await using platform = await startPlatform(context);
		const kinds = Object.entries(FLOODS).slice(0, context.smoke ? 1 : undefined);
		const floods = kinds.map(([what, text], index) => ({
			what,
			text,
			name: `flood${index}`,
		}));
		const files = floods.map(({ name, text }) => [`functions/${name}/index.ts`, flooding(text)]);
		const all = { ...Object.fromEntries(files), "functions/quiet/index.ts": QUIET };
		await makeProject(context, platform, platform.control, all, ["UNUSED=1"]);
		const rows: Row[] = [];
		for (const { name, what } of floods) rows.push(...(await beside(what, name, platform, context)));
		return rows;
	},
};
