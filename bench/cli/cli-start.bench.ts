/** The start of the command line, before a command does its work. */
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import {
	type Bench,
	type BenchContext,
	bareNode,
	paired,
	pairedProcessorTime,
	type Row,
	ratioRow,
	timeProcess,
} from "../harness.ts";

/** Command lines that need no vault, each with its maximum ratio to `node -e 0`. */
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

/** Commands that open a vault, with the identity in a file: their processor time beside that of `node -e 0`. */
async function opening({ folder, pairs, program }: BenchContext): Promise<Row[]> {
	const cwd = join(folder, "opened");
	mkdirSync(cwd);
	const env = { ...process.env, XDG_STATE_HOME: cwd, COFFER_IDENTITY_FILE: join(folder, "opened-identity") };
	const start = (args: readonly string[]) =>
		timeProcess({ command: process.execPath, args: [program, ...args], cwd, env });
	const names = Array.from({ length: 10 }, (_, index) => `NAME_${index}=value`);
	for (const args of [["init"], ["secrets", "set", ...names]]) await start(args);
	const rows: Row[] = [];
	const commands = { "secrets get": ["secrets", "get", "NAME_5"], "run -- true": ["run", "--", "true"] };
	for (const [name, args] of Object.entries(commands)) {
		const result = await pairedProcessorTime(
			() => start(args),
			() => bareNode(0),
			pairs(41),
		);
		rows.push(ratioRow(`coffer ${name}, processor time`, "node -e 0", 2.2, result));
	}
	const version = await paired(
		() => start(["run", "--", "true"]),
		() => start(["--version"]),
		pairs(41),
	);
	rows.push(ratioRow("coffer run -- true, 10 secrets", "coffer --version", 1.3, version));
	return rows;
}

/**
 * Completion of a name in a project of a thousand secrets, without a key, compared with a start that does
 * nothing.
 */
async function completion({ folder, pairs, program, smoke }: BenchContext): Promise<Row> {
	const home = join(folder, "home");
	const cwd = join(folder, "project");
	for (const path of [home, cwd]) mkdirSync(path);
	const env = {
		...process.env,
		HOME: home,
		XDG_STATE_HOME: home,
		COFFER_IDENTITY_FILE: join(home, "identity"),
	};
	const pairsOf = Array.from({ length: smoke ? 10 : 1000 }, (_, index) => `NAME_${index}=value`);
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
		rows.push(...(await opening(context)));
		rows.push(await completion(context));
		return rows;
	},
};
