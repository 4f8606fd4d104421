/**
 * Generated programs that read environment variables. Compares the names that Deno reports with the names
 * that the analysis finds.
 */
import { analyzeReferences } from "../../../src/references/analyze.ts";
import { randomFrom } from "../random.ts";
import type { Torture, TortureOptions, TortureReport } from "../torture.ts";
import { Generator, type Tree } from "./generate.ts";
import { readGrammar } from "./grammar.ts";
import { programWith } from "./idioms.ts";
import {
	type Analyze,
	type Comparison,
	compareAllWithDeno,
	compareWithDeno,
	type Observation,
	observeAll,
} from "./judge.ts";
import { plantedAnalysis, REFERENCES_PLANTS } from "./plants.ts";
import { shown } from "./render.ts";
import { shrinkAll } from "./shrink.ts";

/** The number of programs for each Deno process. */
const BATCH = 300;
/** The number of findings of a batch that are shrunk. */
const SHRUNK_MAX = 20;

const GRAMMAR = readGrammar();

const isFaulty = ({ missed, error }: Comparison) => missed.length > 0 || error !== undefined;

/** Whether a human reader of the program can tell its names. */
function isKnowable({ idiom, children }: Tree): boolean {
	return !idiom.isUnknown && children.every(isKnowable);
}

class Tally {
	readonly #counts = new Map<string, number>();

	count(tree: Tree, { run, found, isDynamic, unread, error }: Comparison) {
		const knowable = isKnowable(tree);
		this.#add(`programs whose names ${knowable ? "a reader can tell" : "a reader cannot tell the names"}`);
		if (isDynamic) this.#add(`dynamic although a reader can tell the names`, knowable);
		if (isDynamic) this.#add(`dynamic, and a reader cannot tell the names`, !knowable);
		this.#add(
			"programs with a prefix",
			found.some((name) => name.endsWith("*")),
		);
		this.#add("programs that ask for something", run.readNames.size > 0);
		this.#add("names read", true, run.readNames.size);
		this.#add("names found and not read", true, unread.length);
		this.#add(`programs that end by an exception`, run.outcome.startsWith("throws"));
		this.#add(`programs that never end`, run.outcome === "waits" || run.outcome === "hangs");
		this.#add("programs that could not be judged", error !== undefined);
	}

	#add(what: string, isSo = true, number = 1) {
		if (isSo) this.#counts.set(what, number + (this.#counts.get(what) ?? 0));
	}

	get counts(): Readonly<Record<string, number>> {
		return Object.fromEntries(this.#counts);
	}
}

/** The text of a finding in the report. */
function describe(seed: number, text: string, { run, found, missed, error }: Comparison): string {
	const what =
		error ??
		`read ${[...run.readNames].join(" ") || "nothing"}, found ${found.join(" ") || "nothing"}, missed ${missed.join(" ")}`;
	return `seed ${seed}: ${what}\n${text}`;
}

/** Confirms and shrinks findings. Each program runs again, without the programs that ran before it. */
async function explain(finds: readonly { seed: number; tree: Tree }[], analyze: Analyze): Promise<string[]> {
	const small = await shrinkAll(
		finds.map(({ tree }) => tree),
		GRAMMAR,
		async (trees) => (await compareAllWithDeno(trees, analyze)).map(isFaulty),
	);
	const judgements = await compareAllWithDeno(small, analyze);
	// Many findings have the same cause, and shrink to the same program.
	const bySmallest = new Map<string, string>();
	for (const [index, tree] of small.entries()) {
		const text = shown(tree);
		if (bySmallest.has(text)) continue;
		bySmallest.set(text, describe(finds[index]?.seed ?? 0, text, judgements[index] as Comparison));
	}
	return [...bySmallest.values()];
}

/** Programs with their behaviour. Each has its own seed. */
interface Batch {
	readonly first: number;
	readonly trees: readonly Tree[];
	readonly observations: readonly Observation[];
}

/** The last batch. All planted bugs are tested with the same programs, one bug after the other. */
let latest: Batch | undefined;

async function batchOf(first: number, size: number): Promise<Batch> {
	if (latest?.first === first && latest.trees.length === size) return latest;
	const trees = Array.from({ length: size }, (_, index) =>
		new Generator(GRAMMAR, randomFrom(first + index)).program(),
	);
	latest = { first, trees, observations: await observeAll(trees) };
	return latest;
}

async function run({ rounds, seed, plant }: TortureOptions): Promise<TortureReport> {
	const analyze = plant === undefined ? analyzeReferences : await plantedAnalysis(plant);
	const tally = new Tally();
	const failures: string[] = [];
	let played = 0;
	while (played < rounds && !(plant && failures.length > 0)) {
		const { first, trees, observations } = await batchOf(seed + played, Math.min(BATCH, rounds - played));
		const finds: { seed: number; tree: Tree }[] = [];
		for (const [index, tree] of trees.entries()) {
			const judgement = compareWithDeno(observations[index] as Observation, analyze);
			tally.count(tree, judgement);
			if (isFaulty(judgement)) finds.push({ seed: first + index, tree });
			// One finding is enough to find a planted bug.
			if (plant && finds.length > 0) break;
		}
		if (plant) failures.push(...finds.map(({ tree }) => shown(tree)));
		else if (finds.length > 0) failures.push(...(await explain(finds.slice(0, SHRUNK_MAX), analyze)));
		played += trees.length;
	}
	return { rounds: played, failures, tally: tally.counts };
}

/** Each idiom in the smallest program that has it: whether it is missed, or dynamic although a reader can tell its names. */
async function parts(): Promise<string[]> {
	const idioms = [...GRAMMAR.values()].flat();
	const found = await compareAllWithDeno(
		idioms.map((idiom) => programWith(GRAMMAR, idiom)),
		analyzeReferences,
	);
	const lines: string[] = [];
	let dynamic = 0;
	for (const [index, { kind, label, isUnknown }] of idioms.entries()) {
		const { missed, isDynamic, error } = found[index] as Comparison;
		if (error !== undefined) lines.push(`${kind}: ${label}: ${error}`);
		if (missed.length > 0) lines.push(`${kind}: ${label}: missed ${missed.join(" ")}`);
		if (!isDynamic || isUnknown) continue;
		dynamic++;
		lines.push(`${kind}: ${label}: dynamic`);
	}
	const knowable = idioms.filter(({ isUnknown }) => !isUnknown).length;
	return [
		...lines,
		`${dynamic} of ${knowable} idioms alone are dynamic although a reader can tell their names`,
	];
}

export const torture: Torture = {
	name: "references: what programs ask for, against what the analysis finds",
	rounds: { short: 300, long: 20_000 },
	plants: REFERENCES_PLANTS,
	run,
	parts,
};
