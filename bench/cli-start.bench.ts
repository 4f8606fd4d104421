/** What it costs to start the command line, before any command does its work. */
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
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

/** Names at a Tab, in a project of a thousand secrets, beside a start that does nothing: no key is in reach. */
async function completion({ folder, pairs, program }: BenchContext): Promise<Row> {
	const home = join(folder, "home");
	const cwd = join(folder, "project");
	for (const path of [home, cwd]) mkdirSync(path);
	const env = {
		...process.env,
		HOME: home,
		XDG_STATE_HOME: home,
		COFFER_IDENTITY_FILE: join(home, "identity"),
	};
	const pairsOf = Array.from({ length: 1000 }, (_, index) => `NAME_${index}=value`);
	for (const args of [["init"], ["secrets", "set", ...pairsOf]])
		await timeProcess({ command: process.execPath, args: [program, ...args], cwd, env });
	renameSync(join(home, "identity"), join(home, "away"));
	const start = (...args: string[]) =>
		timeProcess({ command: process.execPath, args: [program, ...args], cwd, env });
	const result = await paired(
		() => start("complete", "--", "secrets", "get", "NAME_5"),
		() => start("--version"),
		pairs(21),
	);
	return ratioRow("completion of a secret's name, 1,000 secrets", "coffer --version", 2, result);
}

export const bench: Bench = {
	name: "start of the command line",
	async run(context) {
		const rows: Row[] = [];
		for (const { args, ratioMax } of STARTS) rows.push(await measure(context, args, ratioMax));
		rows.push(await completion(context));
		return rows;
	},
};
