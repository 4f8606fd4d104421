/**
 * Finds the secrets that functions read, from their sources on this machine. Needs no platform, no vault and no
 * identity.
 *
 * Every entry is first bundled with its local modules. Missing modules are then looked up for all entries
 * together. An entry that an earlier run has analysed in the same state is finished then. The others are bundled
 * with their missing modules, and analysed.
 */
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "../errors.ts";
import { BundleAnalyzer } from "../platform/build/bundle-analyzer.ts";
import { builtPath, hostPath } from "../platform/machine/assets.ts";
import type { DenoSearch } from "../platform/runtime/deno-binary.ts";
import type { DynamicAccess, Reference } from "../references/evidence/reference.ts";
import { Bundler, ESBUILD_BROKEN, type LocalBundle } from "./bundler.ts";
import { Settings, type Warning } from "./disk.ts";
import type { Entry } from "./entries.ts";
import { Remotes } from "./remote.ts";
import { digestOf, type KeptResult, Results } from "./results.ts";
import { shownSource, withShownSources } from "./shown.ts";

/** The result for one function. */
export interface LocalFunction {
	function: string;
	dynamic: boolean;
	references: Reference[];
	/** The accesses that make the function dynamic. */
	dynamicAccesses: DynamicAccess[];
	/** The modules and files that the analysis left out. */
	warnings: Warning[];
	/** The reason why there is no result. Then the lists have no meaning. */
	error?: { code: string; message: string; hint: string; exit: number; line?: number };
}

export interface AnalysisOptions {
	/** The project's folder, if all entries belong to one. */
	readonly root?: string | undefined;
	readonly deno: DenoSearch;
	/** For Deno, if it is needed. */
	readonly environment: Readonly<Record<string, string>>;
	readonly signal: AbortSignal;
}

/**
 * The number of bundles that are built at the same time: the bundler runs in parallel with the analysis, and each
 * bundle takes memory.
 */
const AT_ONCE = 4;
/** Threads for the analysis. With packages, it is the larger part of the work. */
const THREADS = Math.min(AT_ONCE, availableParallelism());

/** The parts that all analyses of one call share. */
interface Workshop {
	readonly settings: Settings;
	readonly remotes: Remotes;
	readonly analyzers: readonly BundleAnalyzer[];
	readonly bundler: Bundler;
	readonly stdHttp: string;
	readonly results: Results;
}

/** An entry that is bundled with its local modules, and imports modules that were not looked up yet. */
interface PendingEntry {
	/** The hash of all local inputs of the result; undefined if the result is not cached. */
	readonly digest: string | undefined;
	readonly pending: readonly string[];
}

/** An entry is finished, or it waits for modules. */
type Outcome = LocalFunction | PendingEntry;

/**
 * Analyses entries, and removes its temporary files.
 * @returns the result of each entry, in the same order
 * @throws the signal's reason when it is aborted
 */
export async function analyzeEntries(
	entries: readonly Entry[],
	options: AnalysisOptions,
): Promise<LocalFunction[]> {
	const { signal, root } = options;
	const folder = await realpath(await mkdtemp(join(tmpdir(), "coffer-references-")));
	const analyzers = Array.from({ length: THREADS }, () => new BundleAnalyzer(builtPath("analysis.cjs")));
	const stop = () => Promise.all(analyzers.map((one) => one.close()));
	signal.addEventListener("abort", stop);
	try {
		const environment = withDenoFolder(options.environment, folder);
		const remotes = new Remotes({ deno: options.deno, environment, folder, signal });
		const stdHttp = await readFile(hostPath("std-http.ts"), "utf8");
		const results = await Results.open(options.environment);
		await using bundler = new Bundler();
		const shop = { settings: new Settings(root), remotes, analyzers, bundler, stdHttp, results };
		const found = await analyzeAll(entries, shop, signal);
		await results.close();
		return found;
	} finally {
		signal.removeEventListener("abort", stop);
		await stop();
		await rm(folder, { recursive: true, force: true });
	}
}

/** Deno's cache is in the home folder. Without one, it is in the temporary folder. */
function withDenoFolder(environment: AnalysisOptions["environment"], folder: string) {
	const { DENO_DIR, HOME, XDG_CACHE_HOME } = environment;
	if (DENO_DIR || HOME || XDG_CACHE_HOME) return environment;
	return { ...environment, DENO_DIR: join(folder, "deno") };
}

async function analyzeAll(
	entries: readonly Entry[],
	shop: Workshop,
	signal: AbortSignal,
): Promise<LocalFunction[]> {
	const results: LocalFunction[] = [];
	const waiting = new Map<number, PendingEntry>();
	const round = async (indices: readonly number[]) => {
		const before = new Map(waiting);
		waiting.clear();
		const work = async (index: number, worker: number) => {
			const [entry, analyzer] = [entries[index], shop.analyzers[worker % shop.analyzers.length]];
			if (entry === undefined || analyzer === undefined) return;
			const found = await analyzeEntry(entry, shop, analyzer, before.get(index));
			signal.throwIfAborted();
			if ("pending" in found) waiting.set(index, found);
			else results[index] = found;
		};
		await eachOf(indices, work, signal);
	};
	await round([...entries.keys()]);
	// Fetched modules may import others that were not requested yet, under the same names as an entry.
	while (waiting.size > 0) {
		await shop.remotes.find([...waiting.values()].flatMap(({ pending }) => pending));
		await takeKept(entries, waiting, shop, results);
		if (waiting.size === 0) break;
		await shop.remotes.layOut();
		await round([...waiting.keys()].sort((a, b) => a - b));
	}
	return results;
}

/** Finishes the entries whose results an earlier run has cached. */
async function takeKept(
	entries: readonly Entry[],
	waiting: Map<number, PendingEntry>,
	shop: Workshop,
	results: LocalFunction[],
) {
	for (const [index, one] of waiting) {
		const key = keyOf(one, shop);
		const kept = key && (await shop.results.read(key));
		const name = entries[index]?.function;
		if (!kept || name === undefined) continue;
		results[index] = finished(name, kept);
		waiting.delete(index);
	}
}

/** The key of a cached result. It depends on the versions of the missing modules. */
function keyOf({ digest, pending }: PendingEntry, { remotes, results }: Workshop): string | undefined {
	if (digest === undefined) return undefined;
	return results.keyOf([digest, ...pending.map((specifier) => remotes.identityOf(specifier))]);
}

function finished(name: string, kept: KeptResult): LocalFunction {
	return { function: name, dynamic: kept.dynamicAccesses.length > 0, ...kept };
}

/** Runs work for each index, several at the same time. */
async function eachOf(
	indices: readonly number[],
	task: (index: number, worker: number) => Promise<void>,
	signal: AbortSignal,
): Promise<void> {
	const queue = indices.values();
	const work = async (_: unknown, worker: number) => {
		for (const index of queue) {
			signal.throwIfAborted();
			await task(index, worker);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** @param before the entry's state after the previous round; undefined in the first round */
async function analyzeEntry(
	entry: Entry,
	shop: Workshop,
	analyzer: BundleAnalyzer,
	before: PendingEntry | undefined,
): Promise<Outcome> {
	const show = (warning: Warning) => ({ ...warning, file: shownFile(warning.file, entry, shop) });
	let bundle: LocalBundle | undefined;
	try {
		bundle = await bundleOf(entry, shop);
		const { pending } = bundle;
		// The modules that a later round still lacks depend on more than the state of the first round.
		if (pending.length > 0)
			return { digest: before ? undefined : digestOfLocal(entry, bundle, shop), pending };
		const state = before ?? { digest: digestOfLocal(entry, bundle, shop), pending };
		const key = keyOf(state, shop);
		const kept = before || !key ? undefined : await shop.results.read(key);
		if (kept !== undefined) return finished(entry.function, kept);
		const sourceMap = withShownSources(bundle.sourceMap, (source) => shownFile(source, entry, shop));
		const { references, dynamic } = await analyzer.analyze({ code: bundle.code, sourceMap });
		const result = { references, dynamicAccesses: dynamic, warnings: bundle.warnings.map(show) };
		if (key !== undefined) await shop.results.write(key, result);
		return finished(entry.function, result);
	} catch (error) {
		if (!(error instanceof AppError) || error.code === ESBUILD_BROKEN) throw error;
		const warnings = bundle?.warnings.map(show) ?? [];
		const nothing = { references: [], dynamicAccesses: [], warnings };
		return { ...finished(entry.function, nothing), error: error.toJSON() };
	}
}

async function bundleOf(entry: Entry, shop: Workshop): Promise<LocalBundle> {
	const path = entry.path.slice(1);
	const setting = shop.settings.of(path, entry.file?.importMap);
	return await shop.bundler.bundle({ ...shop, entry: path, shown: entry.show(entry.path), setting });
}

/** The hash of all inputs of an entry's result on this machine, except fetched modules. */
function digestOfLocal(entry: Entry, bundle: LocalBundle, shop: Workshop): string {
	const { code, sourceMap, sources, warnings } = bundle;
	const { compilerOptions } = shop.settings.of(entry.path.slice(1), entry.file?.importMap).configuration;
	const shown = [entry.path, entry.show(entry.path), entry.show("/")];
	const options = [JSON.stringify([...compilerOptions]), JSON.stringify(warnings), shop.stdHttp];
	return digestOf([code, sourceMap, sources, ...shown, ...options]);
}

function shownFile(source: string, entry: Entry, { remotes }: Workshop): string {
	return shownSource(source, remotes.folder) ?? entry.show(`/${source}`);
}
