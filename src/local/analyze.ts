/**
 * Finds the secrets that functions read, from their sources on this machine. Needs no platform, no vault and no
 * identity.
 *
 * Every entry is first bundled and analysed with what is on this machine. Missing modules are then fetched for
 * all entries together, and the entries that import them are bundled again.
 */
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "../errors.ts";
import { BundleAnalyzer } from "../platform/build/bundle-analyzer.ts";
import { builtPath, hostPath } from "../platform/machine/assets.ts";
import type { DenoSearch } from "../platform/runtime/deno-binary.ts";
import type { DynamicAccess, Reference } from "../references/evidence/reference.ts";
import { bundleEntry, ESBUILD_BROKEN, type LocalBundle } from "./bundler.ts";
import { Settings, type Warning } from "./disk.ts";
import type { Entry } from "./entries.ts";
import { Remotes } from "./remote.ts";
import { shownSource, withShownSources } from "./shown.ts";

/** The result for one function. */
export interface LocalFunction {
	function: string;
	dynamic: boolean;
	references: Reference[];
	/** The accesses that make the function dynamic. */
	dynamicAccesses: DynamicAccess[];
	/** What the analysis had to leave out. */
	warnings: Warning[];
	/** Why there is no result. The lists mean nothing then. */
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
 * Bundles that are built at the same time: the bundler runs in parallel to the analysis, and each bundle takes
 * memory.
 */
const AT_ONCE = 4;
/** Threads for the analysis. With packages, it is the larger part of the work. */
const THREADS = Math.min(AT_ONCE, availableParallelism());

/** What all analyses of one call share. */
interface Workshop {
	readonly settings: Settings;
	readonly remotes: Remotes;
	readonly analyzers: readonly BundleAnalyzer[];
	readonly stdHttp: string;
}

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
		const shop = { settings: new Settings(root), remotes, analyzers, stdHttp };
		return await analyzeAll(entries, shop, signal);
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
	const pending = new Map<number, string[]>();
	const analyze = async (index: number, worker: number) => {
		const [entry, analyzer] = [entries[index], shop.analyzers[worker % shop.analyzers.length]];
		if (entry === undefined || analyzer === undefined) return;
		const found = await analyzeEntry(entry, shop, analyzer);
		signal.throwIfAborted();
		results[index] = found.result;
		if (found.pending.length > 0) pending.set(index, found.pending);
	};
	await eachOf([...entries.keys()], analyze, signal);
	// Fetched modules may import others that were not requested yet, under the same names as an entry.
	while (pending.size > 0) {
		const again = [...pending.keys()].sort((a, b) => a - b);
		const specifiers = [...pending.values()].flat();
		pending.clear();
		await shop.remotes.fetch(specifiers);
		await eachOf(again, analyze, signal);
	}
	return results;
}

/** Runs work for each index, a few at once. */
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

async function analyzeEntry(
	entry: Entry,
	shop: Workshop,
	analyzer: BundleAnalyzer,
): Promise<{ result: LocalFunction; pending: string[] }> {
	const path = entry.path.slice(1);
	const show = (warning: Warning) => ({ ...warning, file: shownFile(warning.file, entry, shop) });
	let bundle: LocalBundle | undefined;
	try {
		bundle = await bundleEntry({
			...shop,
			entry: path,
			shown: entry.show(entry.path),
			setting: shop.settings.of(path),
		});
		const sourceMap = withShownSources(bundle.sourceMap, (source) => shownFile(source, entry, shop));
		const { references, dynamic } = await analyzer.analyze({ code: bundle.code, sourceMap });
		const result = {
			function: entry.function,
			dynamic: dynamic.length > 0,
			references,
			dynamicAccesses: dynamic,
			warnings: bundle.warnings.map(show),
		};
		return { result, pending: bundle.pending };
	} catch (error) {
		if (!(error instanceof AppError) || error.code === ESBUILD_BROKEN) throw error;
		const warnings = bundle?.warnings.map(show) ?? [];
		const nothing = { dynamic: false, references: [], dynamicAccesses: [], warnings };
		return { result: { function: entry.function, ...nothing, error: error.toJSON() }, pending: [] };
	}
}

function shownFile(source: string, entry: Entry, { remotes }: Workshop): string {
	return shownSource(source, remotes.folder) ?? entry.show(`/${source}`);
}
