import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { inheritedEnvironment } from "../../cli/environment.ts";
import { Cancelled } from "../../cli/failure.ts";
import { requireTarget } from "../../cli/linking.ts";
import { openContext } from "../../cli/project.ts";
import { type FunctionRow, renderFunctions } from "../../cli/reference-rows.ts";
import { interruption } from "../../cli/signals.ts";
import type { Terminal } from "../../cli/terminal.ts";
import { AppError, EXIT } from "../../errors.ts";
import { currentFolder } from "../../project/root.ts";
import { chooseFunctions } from "../../sync/choose-functions.ts";

interface ReferencesResult {
	functions: FunctionRow[];
}

export default class FunctionsReferences extends BaseCommand<ReferencesResult> {
	static override summary = "Show which secrets each function reads, and where";
	static override description = [
		"A function is dynamic where it reads names that its code does not tell; it gets every secret, and is redeployed on every change.",
		"",
		"With --local it is the project's own sources that are analysed, and with --entry any files; neither needs a platform, a vault or an identity. What cannot be had, such as a module of a host that is out of reach, is a warning, and the analysis goes on without it.",
	].join("\n");
	static override examples = [
		"<%= config.bin %> functions references",
		"<%= config.bin %> functions references checkout --json",
		"<%= config.bin %> functions references --local",
		"<%= config.bin %> functions references --entry functions/pay/index.ts other/hook.ts --json",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "functions to show; all by default" }),
	};
	static override flags = {
		environment: environmentFlag,
		local: Flags.boolean({
			description: "analyse the project's sources, without a platform",
			exclusive: ["entry"],
		}),
		entry: Flags.string({
			description: "analyse these files as functions; they may lie anywhere",
			helpValue: "FILE...",
			multiple: true,
		}),
	};

	protected async execute(): Promise<ReferencesResult> {
		const { argv, flags } = await this.parse(FunctionsReferences);
		const names = argv.map(String);
		if (flags.entry !== undefined || flags.local) return await this.#fromSources(names, flags.entry);
		const context = await openContext(this.environment, flags.environment);
		const target = await requireTarget(context.root, flags.environment);
		const chosen = await chooseFunctions(target, names);
		return {
			functions: chosen.map(({ name, references, dynamic }) => ({
				function: name,
				dynamic: dynamic.length > 0,
				references: references.map((reference) => ({
					name: reference.name,
					file: reference.file,
					line: reference.line,
					how: reference.how,
				})),
				dynamicAccesses: dynamic,
			})),
		};
	}

	/** @param files undefined for the project's functions, of which `names` are then some */
	async #fromSources(
		names: readonly string[],
		files: readonly string[] | undefined,
	): Promise<ReferencesResult> {
		const { entriesOf, projectEntries } = await import("../../local/entries.ts");
		const folder = currentFolder();
		const { root, entries } = files
			? { root: undefined, entries: entriesOf([...files, ...names], folder) }
			: await projectEntries(folder, names);
		const { analyzeEntries } = await import("../../local/analyze.ts");
		const environment = inheritedEnvironment();
		const deno = { explicit: this.environment.denoPath, searchPath: environment.PATH };
		using stop = interruption();
		const { signal } = stop;
		const functions = await analyzeEntries(entries, { root, deno, environment, signal }).catch((error) => {
			throw signal.aborted ? new Cancelled() : error;
		});
		const failed = functions.filter(({ error }) => error !== undefined);
		if (failed.length > 0) throw unanalysed(failed, { functions });
		return { functions };
	}

	protected render({ functions }: ReferencesResult, terminal: Terminal): void {
		if (functions.length === 0)
			terminal.line("There are no functions here. Deploy some: coffer functions deploy");
		renderFunctions(functions, terminal);
	}
}

function unanalysed(failed: readonly FunctionRow[], data: ReferencesResult): AppError {
	const [first] = failed;
	const rest = failed.length > 1 ? ` and ${failed.length - 1} more` : "";
	return new AppError({
		code: "FUNCTIONS_UNANALYSED",
		message: `${failed.length} of ${data.functions.length} functions could not be analysed: ${first?.function}${rest}.`,
		hint: "The result says why for each; the others are complete.",
		exit: EXIT.failure,
		data,
	});
}
