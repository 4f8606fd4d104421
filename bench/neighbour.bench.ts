/** How a function is served while others spin. */
import { cpus } from "node:os";
import { type Bench, type BenchContext, median, type Row } from "./harness.ts";
import { load } from "./load.ts";
import { makeProject, startPlatform } from "./running-platform.ts";

const P99_RATIO_MAX = 2;
const RATE = 200;
/** How long a neighbour spins beyond the load: a request to it is on its way before, and is not over before it. */
const MARGIN_MS = 500;

const QUIET = 'export default () => new Response("quiet");\n';

const SPINNING = `
export default (request) => {
	const end = Date.now() + Number(new URL(request.url).searchParams.get("ms"));
	while (Date.now() < end);
	return new Response("spun");
};\n`;

function rowOf(count: number, spinning: readonly number[], calm: readonly number[]): Row {
	const ratio = median(spinning.map((ms, index) => ms / (calm[index] ?? Number.NaN)));
	return {
		figure: `p99 beside ${count === 1 ? "a neighbour that spins" : `${count} neighbours that spin`}`,
		target: `≤ ${P99_RATIO_MAX} × without`,
		measured: `${ratio.toFixed(2)} × (${median(spinning).toFixed(1)} ms; median of ${calm.length})`,
		beside: `without: ${median(calm).toFixed(1)} ms at ${RATE} req/s; ${cpus().length} cores`,
		reached: ratio <= P99_RATIO_MAX,
	};
}

/** Pairs of runs, without and with as many neighbours that spin. */
async function beside(neighbours: readonly string[], listen: string, context: BenchContext): Promise<Row> {
	const seconds = context.smoke ? 1 : 6;
	const measure = async () => {
		const options = { folder: context.folder, connections: 16, rate: RATE, seconds };
		const { p99Ms, failed } = await load(`${listen}/bench/quiet`, options);
		if (failed > 0) throw new Error(`${failed} requests failed`);
		return p99Ms;
	};
	const spin = async (name: string) => {
		const answer = await fetch(`${listen}/bench/${name}?ms=${seconds * 1000 + MARGIN_MS}`);
		if ((await answer.text()) !== "spun") throw new Error(`${name} did not spin`);
	};
	const [spinning, calm]: [number[], number[]] = [[], []];
	for (let pair = -1; pair < context.pairs(7); pair++) {
		const calmMs = await measure();
		const spun = Promise.all(neighbours.map(spin));
		const spinningMs = await measure();
		await spun;
		if (pair < 0) continue;
		calm.push(calmMs);
		spinning.push(spinningMs);
	}
	return rowOf(neighbours.length, spinning, calm);
}

export const bench: Bench = {
	name: "a spinning neighbour",
	async run(context) {
		await using platform = await startPlatform(context);
		const neighbours = ["one", "two"];
		const files = Object.fromEntries(neighbours.map((name) => [`functions/${name}/index.ts`, SPINNING]));
		const all = { ...files, "functions/quiet/index.ts": QUIET };
		await makeProject(context, platform, platform.control, all, ["UNUSED=1"]);
		const one = await beside(neighbours.slice(0, 1), platform.listen, context);
		return [one, await beside(neighbours, platform.listen, context)];
	},
};
