/** The program of `npm run simulate`. */
import { parseArgs } from "node:util";
import { ASSUMPTION_ROWS, type AssumptionName, assumed } from "./assumptions.ts";
import {
	assumptionTable,
	crossCheckTable,
	measuredTable,
	processesLine,
	sensitivityTable,
	sizingTable,
	totalsTable,
} from "./report.ts";
import { sizingOf } from "./sizing.ts";
import { type Run, simulateAll } from "./totals.ts";

const RUN_FLAGS = { seed: 1, warm: 300, window: 300, sample: 0 } as const;

/** @throws Error for a flag that does not exist, or whose value is no number */
function numbersOf(args: readonly string[]): Readonly<Record<string, number>> {
	const flags = [...Object.keys(RUN_FLAGS), ...ASSUMPTION_ROWS.map(([, { flag }]) => flag)];
	const options = Object.fromEntries(flags.map((flag) => [flag, { type: "string" as const }]));
	const { values } = parseArgs({ args: [...args], options });
	return Object.fromEntries(
		Object.entries(values).map(([flag, text]) => {
			const value = Number(text);
			if (text === "" || !Number.isFinite(value) || value < 0)
				throw new Error(`--${flag} must be a number that is not negative.`);
			return [flag, value];
		}),
	);
}

/**
 * Sizes cells for all apps, simulates them, and describes the results.
 * @param args `--seed N`, `--warm SECONDS`, `--window SECONDS`, `--sample CELLS` (0: simulate all cells), and the flags
 *   of the assumptions
 * @param print called with each part of the text
 */
export function simulate(args: readonly string[], print: (text: string) => void): void {
	const given = numbersOf(args);
	const entries = ASSUMPTION_ROWS.flatMap(([name, { flag }]): [AssumptionName, number][] =>
		given[flag] === undefined ? [] : [[name, given[flag]]],
	);
	const of = assumed(Object.fromEntries(entries));
	const { sample, seed, warm, window } = { ...RUN_FLAGS, ...given };
	const sizing = sizingOf(of, seed);
	print(`## Assumed\n\n${assumptionTable(of)}\n\n## Measured\n\n${measuredTable()}\n`);
	print(`## Computed and measured\n\n${crossCheckTable()}\n`);
	print(`## Cells\n\n${sizingTable(sizing)}\n\n${processesLine(of, sizing.apps)}\n`);
	const { apps, nodes } = sizing;
	const cells = sample > 0 ? Math.min(sample, sizing.cells) : sizing.cells;
	const run: Run = {
		seed,
		apps,
		nodes,
		cells,
		warmMs: warm * 1_000,
		windowMs: window * 1_000,
		isDrill: false,
	};
	const totals = simulateAll(of, run);
	print(`## Simulated: ${cells} cells, ${totals.events.toLocaleString("en")} events\n`);
	print(`${totalsTable(of, run, totals)}\n`);
	const drill = { ...run, cells: 1, isDrill: true };
	print(`## One cell, while one of its nodes fails\n\n${totalsTable(of, drill, simulateAll(of, drill))}\n`);
	print(`## Sensitivity\n\n${sensitivityTable(of, sizing, seed)}\n`);
}
