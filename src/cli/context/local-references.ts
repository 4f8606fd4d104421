/** Finds the references of a project's functions, or of any files, without a platform. */
import { analyzeEntries, type LocalFunction } from "../../local/analyze.ts";
import { type Entry, entriesOf, projectEntries } from "../../local/entries.ts";
import { currentFolder } from "../../project/files/project-root.ts";
import type { Reference } from "../../references/evidence/reference.ts";
import type { CoveredFunction } from "../../references/plan/coverage.ts";
import { Cancelled } from "../shell/failure.ts";
import { type Environment, inheritedEnvironment } from "../shell/process-environment.ts";
import { interruption } from "../shell/signals.ts";

/** The references of one function, or why it could not be analysed. */
export interface SourceFunction extends CoveredFunction, Pick<LocalFunction, "warnings" | "error"> {}

/**
 * The functions of the project that contains the working folder, with the secrets that their `function.jsonc`
 * declares.
 * @throws AppError as `projectEntries`, and `FUNCTION_SETTINGS_INVALID` (exit 2)
 */
export async function projectReferences(
	names: readonly string[],
	environment: Environment,
): Promise<{ root: string; functions: SourceFunction[] }> {
	const { root, entries } = await projectEntries(currentFolder(), names);
	const byName = new Map(entries.map((one) => [one.function, one]));
	const functions = (await analyse(entries, root, environment)).map((found) => {
		const { declared, excluded } = declarationsOf(byName.get(found.name));
		return { ...found, references: [...found.references, ...declared], excluded };
	});
	return { root, functions };
}

/** The secrets that a function's `function.jsonc` adds and excludes. */
function declarationsOf({ file, settings }: Partial<Entry> = {}) {
	if (settings === undefined || file === undefined) return { declared: [], excluded: undefined };
	const { include = [], exclude } = file.settings.secrets ?? {};
	const line = file.lines.get("secrets") ?? 1;
	const declared = include.map(
		(secret): Reference => ({ name: secret, file: settings, line, how: "declared" }),
	);
	return { declared, excluded: exclude };
}

/** Analyses any files, each as a function. @throws AppError as `entriesOf`, before it analyses a file */
export async function fileReferences(
	files: readonly string[],
	environment: Environment,
): Promise<SourceFunction[]> {
	return await analyse(entriesOf(files, currentFolder()), undefined, environment);
}

async function analyse(
	entries: readonly Entry[],
	root: string | undefined,
	{ denoPath }: Environment,
): Promise<SourceFunction[]> {
	const environment = inheritedEnvironment();
	const deno = { explicit: denoPath, searchPath: environment["PATH"] };
	using stop = interruption();
	const { signal } = stop;
	const found = await analyzeEntries(entries, { root, deno, environment, signal }).catch((error) => {
		throw signal.aborted ? new Cancelled() : error;
	});
	return found.map(({ function: name, references, dynamicAccesses, warnings, error }) => ({
		name,
		references,
		dynamic: dynamicAccesses,
		warnings,
		...(error !== undefined && { error }),
	}));
}
