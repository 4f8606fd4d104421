import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { requireExportable, writeExportFile } from "../../cli/export/export-file.ts";
import { FORMAT_NAMES, FORMATS, type FormatName, writeExport } from "../../cli/export/formats.ts";
import { expandFlag } from "../../cli/injection/expand-flag.ts";
import { requireSafeNames } from "../../cli/injection/safe-names.ts";
import { promptConfirm } from "../../cli/shell/prompts.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import { requireReveal } from "../../cli/shell/reveal.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { AppError, EXIT } from "../../errors.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import { expandedValues } from "../../project/secrets/read-secrets.ts";

interface ExportResult {
	environment: string;
	format: FormatName;
	names: string[];
	/** The file that was written; null if the text was printed. */
	file: string | null;
	/** The exported text; only without `--output`. */
	text?: string;
}

export default class SecretsExport extends BaseCommand<ExportResult> {
	static override summary = "Export secrets as a .env file, JSON, YAML, shell commands or a manifest";
	static override description =
		"Prints the secrets, or those that the arguments name, in the format of another tool. Coffer asks before it prints values; --reveal answers yes, also for a pipe and in CI. With --output, it writes a file that only you can read, and refuses a path that git would commit. Both need a person at a terminal, or COFFER_ALLOW_REVEAL=1, as in a CI job.\n\nThe formats: dotenv (a .env file), json, yaml, shell (export lines for sh and bash), docker (for 'docker run --env-file'), k8s (the manifest of a Kubernetes Secret), github (for the file $GITHUB_ENV of GitHub Actions). A secret that a format cannot carry is an error that names it, and nothing is exported then. In the formats shell and github, a name that can make programs load code needs --allow-unsafe, as with 'coffer run'. In an argument, * stands for any text and ? for one character.";
	static override examples = [
		"<%= config.bin %> secrets export --output .env",
		"<%= config.bin %> secrets export 'STRIPE_*' --format json --reveal",
		'COFFER_ALLOW_REVEAL=1 <%= config.bin %> secrets export --format github --reveal >> "$GITHUB_ENV"',
		"<%= config.bin %> secrets export --format k8s --name shop --reveal | kubectl apply -f -",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME|PATTERN...", description: "names of secrets, or patterns" }),
	};
	static override flags = {
		environment: environmentFlag,
		format: Flags.string({
			description: "format of the text",
			options: FORMAT_NAMES,
			default: "dotenv",
			helpValue: "FORMAT",
		}),
		output: Flags.string({
			char: "o",
			description: "write this file instead of printing",
			helpValue: "FILE",
		}),
		expand: expandFlag,
		force: Flags.boolean({ description: "replace the file of --output if it exists" }),
		reveal: Flags.boolean({ description: "print the values without asking" }),
		name: Flags.string({
			description: "name of the Kubernetes Secret; defaults to the environment's name",
			helpValue: "NAME",
		}),
		namespace: Flags.string({ description: "namespace of the Kubernetes Secret", helpValue: "NAME" }),
		"allow-unsafe": Flags.string({
			description: "export this secret although its name can make programs load code (repeatable)",
			helpValue: "NAME",
			multiple: true,
			multipleNonGreedy: true,
		}),
	};

	protected async execute(): Promise<ExportResult> {
		const { argv, flags } = await this.parse(SecretsExport);
		const { environment, output } = flags;
		const format = flags.format as FormatName;
		const action = output === undefined ? "prints values" : "writes values into a file";
		requireReveal(this.terminal, this.environment, `'coffer secrets export' ${action}`);
		if (output !== undefined) await requireExportable(output, flags.force);
		const context = await openContext(this.environment, environment);
		const { session, remember } = await readSession(context);
		for (const warning of session.warnings) this.terminal.warn(warning);
		const { values } = await expandedValues(session, argv.map(String), flags.expand);
		await remember();
		const names = [...values.keys()];
		if (FORMATS[format].isRun) {
			requireSafeNames(names, flags["allow-unsafe"] ?? [], environment, {
				refused: "Nothing was exported",
				command: "coffer secrets export",
			});
		}
		const { name = environment, namespace } = flags;
		const text = writeExport(format, values, { name, namespace });
		const result = { environment, format, names, file: output ?? null };
		if (output === undefined) {
			if (!flags.reveal) await this.#askToPrint(names.length);
			return { ...result, text };
		}
		await writeExportFile(output, text);
		return result;
	}

	/** @throws AppError `NO_TERMINAL` (exit 2), `NOT_CONFIRMED` (exit 1) */
	async #askToPrint(secrets: number): Promise<void> {
		const instead = "Pass --reveal to print the values, or --output FILE to write them into a file.";
		const question = `Print the ${secrets === 1 ? "value" : "values"} of ${count(secrets, "secret")}?`;
		if (await promptConfirm(this.terminal, question, instead)) return;
		throw new AppError({
			code: "NOT_CONFIRMED",
			message: "Nothing was printed.",
			hint: instead,
			exit: EXIT.failure,
		});
	}

	protected render({ environment, file, names, text }: ExportResult, terminal: Terminal): void {
		if (text !== undefined) terminal.raw(text);
		else terminal.line(`${MARKS.ok} Wrote ${count(names.length, "secret")} of ${environment} to ${file}`);
	}
}
