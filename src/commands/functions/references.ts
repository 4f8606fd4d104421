import { Args } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { requireTarget } from "../../cli/linking.ts";
import { openContext } from "../../cli/project.ts";
import type { Terminal } from "../../cli/terminal.ts";
import type { Known } from "../../references/reference.ts";
import { chooseFunctions } from "../../sync/choose-functions.ts";

interface ReferencesResult {
	functions: {
		name: string;
		dynamic: boolean;
		references: { name: string; file: string; line: number; how: Known }[];
		/** The lines that make the function dynamic. */
		dynamicAccesses: { file: string; line: number; why: string }[];
	}[];
}

export default class FunctionsReferences extends BaseCommand<ReferencesResult> {
	static override summary = "Show which secrets each function reads, and where";
	static override description =
		"A function is dynamic where it reads names that its code does not tell; it gets every secret, and is redeployed on every change.";
	static override examples = [
		"<%= config.bin %> functions references",
		"<%= config.bin %> functions references checkout --json",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "functions to show; all by default" }),
	};
	static override flags = { environment: environmentFlag };

	protected async execute(): Promise<ReferencesResult> {
		const { argv, flags } = await this.parse(FunctionsReferences);
		const context = await openContext(this.environment, flags.environment);
		const target = await requireTarget(context.root, flags.environment);
		const chosen = await chooseFunctions(target, argv.map(String));
		return {
			functions: chosen.map(({ name, references, dynamic }) => ({
				name,
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

	protected render(result: ReferencesResult, terminal: Terminal): void {
		if (result.functions.length === 0)
			terminal.line("No functions are deployed. Deploy them: coffer functions deploy");
		for (const { name, references, dynamicAccesses } of result.functions) {
			terminal.line(name);
			if (references.length === 0 && dynamicAccesses.length === 0) terminal.line("  reads no secret");
			const rows = references.map((reference) => [
				`  ${reference.name}`,
				`${reference.file}:${reference.line}`,
				reference.how,
			]);
			for (const { file, line, why } of dynamicAccesses)
				rows.push(["  (any)", `${file}:${line}`, `dynamic: ${why}`]);
			terminal.table(rows);
		}
	}
}
