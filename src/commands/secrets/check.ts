import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { readEnvText } from "../../cli/edits/secret-values.ts";
import { dialectNamed, requireComparable } from "../../cli/imports/readers.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import {
	type CheckReport,
	type CheckResult,
	checkError,
	isAgreed,
	type ReadingReport,
	renderCheck,
	renderReading,
	reportComparison,
	reportReading,
} from "../../cli/views/env-check.ts";
import { DIALECTS } from "../../dotenv/dialects/all.ts";
import { compareReaders } from "../../dotenv/dialects/compare.ts";

export default class SecretsCheck extends BaseCommand<CheckResult> {
	static override summary = "Show the lines of a .env file that not all readers read alike";
	static override description =
		"Libraries, runtimes and tools read .env files by different rules. Each line on which they do not agree is named, with what each of them reads. Values are not shown without --reveal. With one --dialect, the command shows what that reader reads; with several, it compares these readers alone. Nothing is sent, changed or run.";
	static override examples = [
		"<%= config.bin %> secrets check .env",
		"<%= config.bin %> secrets check .env --dialect node --dialect docker",
		"<%= config.bin %> secrets check .env --dialect deno",
	];
	static override args = {
		file: Args.string({ name: "FILE", description: "the .env file; - is standard input", required: true }),
	};
	static override flags = {
		dialect: Flags.string({
			description: "show what this reader reads; if repeated, compare these readers",
			options: DIALECTS.map(({ name }) => name),
			multiple: true,
			multipleNonGreedy: true,
			helpValue: "NAME",
		}),
		reveal: Flags.boolean({ description: "print the values" }),
	};

	protected async execute(): Promise<CheckResult> {
		const { args, flags } = await this.parse(SecretsCheck);
		const { path, text } = await readEnvText(args.file, this.terminal);
		requireComparable(path, text);
		const dialects = [...new Set(flags.dialect)].map(dialectNamed);
		const [only, ...others] = dialects;
		if (only !== undefined && others.length === 0) {
			const reading = reportReading(path, only, text, flags.reveal);
			if (reading.refusedAtLine !== undefined) throw checkError(reading);
			return reading;
		}
		const readers = dialects.length > 0 ? dialects : DIALECTS;
		const report = reportComparison(path, readers, compareReaders(text, readers), flags.reveal);
		if (!isAgreed(report)) throw checkError(report);
		return report;
	}

	protected render(result: CheckReport | ReadingReport, terminal: Terminal): void {
		if ("differences" in result) renderCheck(result, terminal);
		else renderReading(result, terminal);
	}
}
