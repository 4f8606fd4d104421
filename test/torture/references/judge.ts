/** Bundles, runs and analyses programs, and compares. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Bundler } from "../../../src/local/bundler.ts";
import { Settings } from "../../../src/local/disk.ts";
import { Remotes } from "../../../src/local/remote.ts";
import type { AnalysisInput } from "../../../src/references/analyze.ts";
import { Matcher } from "../../../src/references/evidence/name-pattern.ts";
import type { References } from "../../../src/references/evidence/reference.ts";
import type { Tree } from "./generate.ts";
import { ENTRY, filesOf } from "./render.ts";
import { type Run, runAll } from "./run.ts";

export type Analyze = (input: AnalysisInput) => References;

export interface Comparison {
	readonly run: Run;
	/** Names and prefixes, each once. */
	readonly found: readonly string[];
	readonly isDynamic: boolean;
	/** The names that the program read and the analysis did not find. */
	readonly missed: readonly string[];
	/** The names that the analysis found and the program did not read. */
	readonly unread: readonly string[];
	/** Why the program could not be judged: it does not bundle, or its analysis throws. */
	readonly error?: string;
}

/** The behaviour of a program, or the reason why it does not bundle. */
export type Observation = { readonly input: AnalysisInput; readonly run: Run } | { readonly error: string };

const AT_ONCE = 4;

interface Built {
	readonly file: string;
	readonly input: AnalysisInput;
}

/** Bundles programs and runs them. @returns an observation of each, in the same order */
export async function observeAll(trees: readonly Tree[]): Promise<Observation[]> {
	const folder = mkdtempSync(join(tmpdir(), "coffer-references-torture-"));
	try {
		const built = await buildAll(trees, folder);
		const files = built.flatMap((one) => (typeof one === "string" ? [] : [one.file]));
		const runs = (await runAll(files, folder)).values();
		return built.map((one) =>
			typeof one === "string" ? { error: one } : { input: one.input, run: runs.next().value as Run },
		);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** @returns the judgement of each program, in the same order */
export async function compareAllWithDeno(trees: readonly Tree[], analyze: Analyze): Promise<Comparison[]> {
	return (await observeAll(trees)).map((one) => compareWithDeno(one, analyze));
}

/** Bundles as `functions references --entry` does. */
async function buildAll(trees: readonly Tree[], folder: string): Promise<(Built | string)[]> {
	const { signal } = new AbortController();
	const nowhere = { explicit: join(folder, "no-deno"), searchPath: undefined };
	const remotes = new Remotes({ deno: nowhere, environment: {}, folder: join(folder, "remote"), signal });
	await using bundler = new Bundler();
	const built: (Built | string)[] = [];
	const queue = trees.entries();
	const work = async () => {
		for (const [index, tree] of queue) {
			const root = join(folder, String(index));
			try {
				for (const [path, text] of filesOf(tree)) {
					mkdirSync(dirname(join(root, path)), { recursive: true });
					writeFileSync(join(root, path), text);
				}
				const entry = join(root, ENTRY).slice(1);
				const setting = new Settings(root).of(entry);
				const bundle = await bundler.bundle({ entry, shown: ENTRY, setting, remotes, stdHttp: "" });
				if (bundle.warnings.length > 0) throw new Error(bundle.warnings[0]?.message);
				const file = join(root, "bundle.mjs");
				writeFileSync(file, bundle.code);
				const code = Buffer.from(bundle.code).toString();
				built[index] = { file, input: { code, sourceMap: bundle.sourceMap } };
			} catch (error) {
				built[index] = `it is not bundled: ${error}`;
			}
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));
	return built;
}

function failed(error: string): Comparison {
	const run = { readNames: new Set<string>(), outcome: "fails" };
	return { run, found: [], isDynamic: false, missed: [], unread: [], error };
}

/** Compares the names that a program read with the names that an analysis finds. */
export function compareWithDeno(observation: Observation, analyze: Analyze): Comparison {
	if ("error" in observation) return failed(observation.error);
	const { run, input } = observation;
	try {
		const { references, dynamic } = analyze(input);
		const found = [...new Set(references.map(({ name }) => name))];
		const isDynamic = dynamic.length > 0;
		const matcher = new Matcher(found);
		const missed = isDynamic
			? []
			: [...run.readNames].filter((name) => matcher.exactness(name) === undefined);
		const unread = found.filter((name) => !name.endsWith("*") && !run.readNames.has(name));
		return { run, found, isDynamic, missed, unread };
	} catch (error) {
		return failed(`its analysis throws: ${error}`);
	}
}
