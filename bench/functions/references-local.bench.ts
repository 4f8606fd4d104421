/**
 * The time of `functions references --entry` for each function, compared with `deno bundle` of the same file.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findDeno } from "../../src/platform/runtime/deno-binary.ts";
import {
	amountRow,
	type Bench,
	type BenchContext,
	paired,
	type Row,
	ratioRow,
	timeProcess,
} from "../harness.ts";

const SHARED_MODULES = 10;
const SMOKE_FUNCTIONS = 2;

interface Case {
	readonly name: string;
	readonly functions: number;
	/** Code at the top of each function, besides its imports of shared modules. */
	readonly extra: string;
	/** The limit for each function, in ms. If it is missing, the limit is the time of `deno bundle`. */
	readonly limitMs?: number;
}

/**
 * The target with only local modules is 20 functions a second. A package takes longer, because it is analysed
 * again for each function.
 */
const CASES: readonly Case[] = [
	{ name: "local modules alone", functions: 200, extra: "", limitMs: 50 },
	{
		name: "with npm:debug",
		functions: 100,
		extra: `import debug from "npm:debug@4.3.4";\ndebug("bench")("loaded");\n`,
	},
];

/**
 * Writes a project of functions that share a chain of modules. Each module reads a name.
 * @returns the paths of the entries
 */
async function writeProject(folder: string, { functions, extra }: Case): Promise<string[]> {
	await mkdir(join(folder, "_shared"), { recursive: true });
	for (let index = 0; index < SHARED_MODULES; index++) {
		const isLast = index === SHARED_MODULES - 1;
		const next = isLast ? "" : `import { read${index + 1} } from "./m${index + 1}.ts";\n`;
		const call = isLast ? "" : ` + read${index + 1}()`;
		await writeFile(
			join(folder, `_shared/m${index}.ts`),
			`${next}export const must = (name: string): string => Deno.env.get(name) ?? "";\n` +
				`export const read${index} = (): string => must("SHARED_${index}")${call};\n` +
				`export const unused = (): string => must("UNUSED_${index}");\n`,
		);
	}
	const entries = Array.from({ length: functions }, (_, index) => join(folder, `f${index}.ts`));
	for (const [index, entry] of entries.entries()) {
		const text = `Deno.serve(() => new Response(read0() + must("KEY_${index}")));\n`;
		await writeFile(entry, `import { must, read0 } from "./_shared/m0.ts";\n${extra}${text}`);
	}
	return entries;
}

async function measure(context: BenchContext, deno: string, one: Case): Promise<Row> {
	const cwd = join(context.folder, one.name.replaceAll(/\W/g, "-"));
	const entries = await writeProject(cwd, context.smoke ? { ...one, functions: SMOKE_FUNCTIONS } : one);
	const env = { ...process.env, DENO_DIR: join(context.folder, "deno") };
	const args = [context.program, "functions", "references", "--json", "--entry", ...entries];
	const subject = async () =>
		(await timeProcess({ command: process.execPath, args, cwd, env })) / entries.length;
	const peer = (pair: number) => {
		const entry = entries.at(pair) ?? "";
		const output = join(context.folder, "bundle.js");
		return timeProcess({ command: deno, args: ["bundle", "--quiet", "--output", output, entry], cwd, env });
	};
	const result = await paired(subject, peer, context.pairs(7));
	const figure = `references, each of ${entries.length}, ${one.name}`;
	if (one.limitMs === undefined) return ratioRow(figure, "deno bundle", 1, result);
	return amountRow(figure, one.limitMs, "deno bundle", result);
}

export const bench: Bench = {
	name: "references without a platform",
	async run(context) {
		const deno = await findDeno();
		const rows: Row[] = [];
		for (const one of CASES) rows.push(await measure(context, deno, one));
		return rows;
	},
};
