/** `functions references` without a platform: a project's own functions, or any files. */
import { readFileSync, statSync } from "node:fs";
import { join, parse, relative, resolve } from "node:path";
import { AppError, EXIT } from "../errors.ts";
import { type AnalysedFile, analyzeFiles } from "../local/analyze-files.ts";
import { openLocal } from "../local/open.ts";
import { parseFunctionFile } from "../modules/function-settings.ts";
import { chooseEntries } from "../project/functions/choose.ts";
import { discoverFunctions, type FunctionEntry } from "../project/functions/discover.ts";
import { currentFolder, findRoot } from "../project/root.ts";
import type { CoveredFunction } from "../references/coverage.ts";
import { readToolEnvironment } from "./environment.ts";
import { interruption } from "./signals.ts";

/** What was found of one function, or why nothing was. */
export interface LocalFunction extends CoveredFunction, Pick<AnalysedFile, "warnings" | "error"> {}

/** The functions of the project around the working folder, or of that folder. */
export async function projectReferences(
	names: readonly string[],
): Promise<{ root: string; functions: LocalFunction[] }> {
	const root = findRoot(currentFolder()) ?? currentFolder();
	const entries = chooseEntries(await discoverFunctions(root), names);
	const found = await analyse(
		root,
		entries.map(({ entry }) => entry),
	);
	const functions = entries.map((entry) => {
		const analysed = resultOf(found, entry.entry);
		const { declared, excluded } = declarationsOf(root, entry);
		return { ...analysed, name: entry.name, references: [...analysed.references, ...declared], excluded };
	});
	return { root, functions };
}

/** What a function's `function.jsonc` adds and takes away. @throws AppError `FUNCTION_SETTINGS_INVALID` (exit 2) */
function declarationsOf(root: string, { name, settings }: FunctionEntry) {
	if (settings === undefined) return { declared: [], excluded: undefined };
	const file = parseFunctionFile(settings, readFileSync(join(root, settings)), name);
	const { include = [], exclude } = file.settings.secrets ?? {};
	const line = file.lines.get("secrets") ?? 1;
	const declared = include.map((secret) => ({
		name: secret,
		file: settings,
		line,
		how: "declared" as const,
	}));
	return { declared, excluded: exclude };
}

/**
 * Any files, each as a function: named as it was given, with files as they are from the working folder.
 * @throws AppError `ENTRY_NOT_FOUND` (exit 4) where one is no file; nothing is analysed then
 */
export async function fileReferences(given: readonly string[]): Promise<LocalFunction[]> {
	const here = currentFolder();
	const { root } = parse(here);
	const entries = new Map([...new Set(given)].map((name) => [name, fromRoot(root, resolve(here, name))]));
	for (const name of entries.keys()) requireFile(here, name);
	const found = await analyse(root, [...new Set(entries.values())]);
	const shown = (path: string) =>
		/^[a-z][a-z0-9+.-]+:/i.test(path) || path === "" ? path : fromHere(here, root, path);
	return [...entries].map(([name, entry]) => {
		const { dynamic, error, references, warnings } = resultOf(found, entry);
		const show = <Placed extends { file: string }>(placed: Placed) => ({
			...placed,
			file: shown(placed.file),
		});
		return {
			name,
			references: references.map(show),
			dynamic: dynamic.map(show),
			warnings: warnings.map(show),
			...(error !== undefined && { error }),
		};
	});
}

function fromRoot(root: string, path: string): string {
	return relative(root, path).split("\\").join("/");
}

/** Files above the working folder by their whole path. */
function fromHere(here: string, root: string, path: string): string {
	const whole = join(root, path);
	const below = relative(here, whole);
	return below.startsWith("..") ? whole : below.split("\\").join("/");
}

function requireFile(here: string, name: string): void {
	const found = statSync(resolve(here, name), { throwIfNoEntry: false });
	if (found?.isFile()) return;
	throw new AppError({
		code: "ENTRY_NOT_FOUND",
		message: found?.isDirectory() ? `${name} is a folder.` : `There is no file ${name}.`,
		hint: "Name the modules in which functions begin, such as functions/pay/index.ts.",
		exit: EXIT.notFound,
	});
}

function resultOf(found: ReadonlyMap<string, AnalysedFile>, entry: string): AnalysedFile {
	return found.get(entry) ?? { references: [], dynamic: [], warnings: [], error: "it was not analysed" };
}

async function analyse(root: string, entries: readonly string[]): Promise<Map<string, AnalysedFile>> {
	const { cacheDirectory, deno, passthrough } = readToolEnvironment();
	using interrupted = interruption();
	await using local = await openLocal({ root, deno, passthrough, cache: join(cacheDirectory, "references") });
	const found = new Map<string, AnalysedFile>();
	const ended = new Promise<never>((_, reject) => {
		interrupted.signal.addEventListener("abort", () => reject(wasInterrupted()));
	});
	await Promise.race([ended, analyzeFiles(entries, local, (entry, result) => found.set(entry, result))]);
	return found;
}

function wasInterrupted(): AppError {
	return new AppError({
		code: "INTERRUPTED",
		message: "The analysis was interrupted.",
		hint: "Nothing was changed; run the command again.",
		exit: EXIT.failure,
	});
}
