/** What it costs to start the command line, before any command does its work. */
import {
	type Bench,
	type BenchContext,
	bareNode,
	paired,
	type Row,
	ratioRow,
	timeProcess,
} from "./harness.ts";

/** Command lines that end before they need a vault, each with the ratio to `node -e 0` to stay under. */
const STARTS = [
	{ args: ["--version"], ratioMax: 3 },
	{ args: ["secrets", "--help"], ratioMax: 3 },
];

async function measure(
	{ pairs, program }: BenchContext,
	args: readonly string[],
	ratioMax: number,
): Promise<Row> {
	const subject = () => timeProcess({ command: process.execPath, args: [program, ...args] });
	const result = await paired(subject, bareNode, pairs(21));
	return ratioRow(`coffer ${args.join(" ")}`, "node -e 0", ratioMax, result);
}

export const bench: Bench = {
	name: "start of the command line",
	async run(context) {
		const rows: Row[] = [];
		for (const { args, ratioMax } of STARTS) rows.push(await measure(context, args, ratioMax));
		return rows;
	},
};
