import { writeFile } from "node:fs/promises";
import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { requireEnvironmentName } from "../../cli/context/open-project.ts";
import { drawingFor } from "../../cli/graph/drawing.ts";
import { graphText } from "../../cli/graph/text.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { usageError } from "../../cli/shell/usage.ts";
import {
	describeFunction,
	missingSentence,
	type ReferencesResult,
	renderFunctions,
	renderMissing,
} from "../../cli/views/references-result.ts";
import { AppError, EXIT } from "../../errors.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { liveNames } from "../../project/secrets/live-names.ts";
import { type Coverage, coverageOf } from "../../references/plan/coverage.ts";
import { chooseFunctions } from "../../sync/client/choose-functions.ts";

interface ShownReferences extends ReferencesResult {
	/** With `--graph`: how each function reads each name. */
	graph?: { name: string; isSecret: boolean; functions: Record<string, string> }[];
	/** With `--output`. */
	output?: string;
}

interface SourceOptions {
	readonly entry: readonly string[] | undefined;
	readonly environment: string;
	readonly local: boolean;
}

interface FoundReferences {
	readonly functions: readonly (Parameters<typeof describeFunction>[0] & {
		readonly seen?: readonly string[] | undefined;
	})[];
	/** Whether these are all functions. */
	readonly isAll: boolean;
	/** The root of the project; undefined for files that belong to no project. */
	readonly root: string | undefined;
	/** Secrets that the platform stores outside any vault. */
	readonly kept?: readonly string[];
}

/** What works without a platform. */
const LOCALLY = "Analyse the sources instead: --local.";

export default class FunctionsReferences extends BaseCommand<ShownReferences> {
	static override summary = "Show which secrets each function reads, and where";
	static override description =
		"A reference is a place in a function's code that reads a secret. A function is dynamic if its code computes the names that it reads. A dynamic function gets every secret, and every change redeploys it.";
	static override examples = [
		"<%= config.bin %> functions references",
		"<%= config.bin %> functions references checkout --json",
		"<%= config.bin %> functions references --local",
		"<%= config.bin %> functions references --entry supabase/functions/*/index.ts --json",
		"<%= config.bin %> functions references --missing --strict",
		"<%= config.bin %> functions references --graph --output secrets.svg",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "names of the functions; defaults to all" }),
	};
	static override flags = {
		environment: environmentFlag,
		local: Flags.boolean({
			description: "analyse this project's sources instead of the platform's functions",
		}),
		entry: Flags.string({
			description: "analyse these files as functions, without a platform or a project",
			exclusive: ["local"],
			helpValue: "FILE",
			multiple: true,
		}),
		missing: Flags.boolean({
			description: "show names that functions read and the vault lacks, and secrets that no function reads",
		}),
		strict: Flags.boolean({
			description: "like --missing, but exit with 1 if a name is missing or a secret is unused",
		}),
		graph: Flags.boolean({
			description: "draw which function reads which secret",
			exclusive: ["missing", "strict"],
		}),
		output: Flags.string({
			description: "write the drawing to a .svg or .dot file",
			helpValue: "FILE",
		}),
	};
	#coverage: Coverage | undefined;

	protected async execute(): Promise<ShownReferences> {
		const { argv, flags } = await this.parse(FunctionsReferences);
		requireEnvironmentName(flags.environment);
		const isMissing = flags.missing || flags.strict;
		if (isMissing && flags.output !== undefined)
			throw usageError(
				"--output is for the drawing. It cannot be used together with --missing or --strict.",
				"functions references",
			);
		const draw = flags.output === undefined ? undefined : drawingFor(flags.output);
		const found = await this.#find(argv.map(String), flags);
		const functions = found.functions.map((one) => describeFunction(one, one.seen));
		requireAnalysed(functions);
		if (!isMissing && !flags.graph && draw === undefined) return { functions };
		const root = found.root ?? requireRoot(currentFolder());
		const names = [...(await liveNames(root, flags.environment)), ...(found.kept ?? [])];
		const coverage = coverageOf(found.functions, new Set(names));
		if (isMissing) return missingResult(functions, coverage, found.isAll, flags.strict);
		if (draw !== undefined && flags.output !== undefined) await writeDrawing(flags.output, draw(coverage));
		else this.#coverage = coverage;
		const graph = coverage.rows.map(({ name, isSecret, cells }) => ({
			name,
			isSecret,
			functions: Object.fromEntries(cells),
		}));
		return { functions, graph, ...(flags.output !== undefined && { output: flags.output }) };
	}

	async #find(
		names: readonly string[],
		{ entry, environment, local }: SourceOptions,
	): Promise<FoundReferences> {
		if (entry !== undefined) {
			const { fileReferences } = await import("../../cli/context/local-references.ts");
			return {
				functions: await fileReferences([...entry, ...names], this.environment),
				isAll: true,
				root: undefined,
			};
		}
		if (local) {
			const { projectReferences } = await import("../../cli/context/local-references.ts");
			return { ...(await projectReferences(names, this.environment)), isAll: names.length === 0 };
		}
		const root = requireRoot(currentFolder());
		const { requireTarget } = await import("../../cli/context/linking.ts");
		const target = await requireTarget(root, environment, LOCALLY).catch((error: unknown) => {
			const isUnlinked = error instanceof AppError && error.code === "NOT_LINKED";
			throw isUnlinked ? error.with({ hint: `${LOCALLY} ${error.hint}` }) : error;
		});
		const chosen = await chooseFunctions(target, names);
		// Without observations of a function, the names that it never reads are unknown.
		const functions = chosen.map(({ error, ...one }) => ({
			...one,
			seen: one.seen?.length ? one.seen : undefined,
		}));
		const app = await target.remote.showApp(target.binding.app);
		const kept = app.local?.map(({ name }) => name) ?? [];
		return { functions, isAll: names.length === 0, root, kept };
	}

	protected render(result: ShownReferences, terminal: Terminal): void {
		if (result.output !== undefined) terminal.line(`Wrote the drawing to ${result.output}`);
		else if (this.#coverage !== undefined) {
			for (const line of graphText(this.#coverage, terminal.columns)) terminal.line(line);
		} else if (result.missing !== undefined) renderMissing(result, terminal);
		else if (result.functions.length > 0) renderFunctions(result.functions, terminal);
		else terminal.line("No functions are deployed. Deploy them: coffer functions deploy");
	}
}

/** The result of `--missing`. @throws AppError `REFERENCES_INCOMPLETE` (exit 1) with the result as data, if strict */
function missingResult(
	functions: ReferencesResult["functions"],
	{ missing, unused }: Coverage,
	isAll: boolean,
	isStrict: boolean,
): ReferencesResult {
	const result = { functions, missing, ...(isAll && { unused }) };
	const sentence = missingSentence(result);
	if (!isStrict || sentence === "") return result;
	throw new AppError({
		code: "REFERENCES_INCOMPLETE",
		message: sentence,
		hint: 'Set or delete the secrets. If a function does not need a secret, exclude it in its function.jsonc: "secrets": {"exclude": […]}.',
		exit: EXIT.failure,
		data: result,
	});
}

/** @throws AppError `FUNCTIONS_UNANALYSED` (exit 1) with the result as data, if a function could not be analysed */
function requireAnalysed(functions: ReferencesResult["functions"]): void {
	const failed = functions.filter(({ error }) => error !== undefined);
	const [first] = failed;
	if (first === undefined) return;
	throw new AppError({
		code: "FUNCTIONS_UNANALYSED",
		message: `${failed.length} of ${functions.length} functions could not be analysed. The first is ${first.function}: ${first.error?.message}`,
		hint: "Fix the errors. The result contains the references of the other functions.",
		exit: EXIT.failure,
		data: { functions },
	});
}

async function writeDrawing(path: string, drawing: string): Promise<void> {
	try {
		await writeFile(path, drawing);
	} catch (cause) {
		throw new AppError({
			code: "OUTPUT_UNWRITABLE",
			message: `Cannot write ${path}: ${(cause as NodeJS.ErrnoException).code ?? "unknown error"}.`,
			hint: "Choose a file in an existing folder that you may write to.",
			exit: EXIT.failure,
			cause,
		});
	}
}
