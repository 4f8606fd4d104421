import { defaultEnvironment } from "../cli/chosen-environment/choose.ts";
import { BaseCommand } from "../cli/command.ts";
import { type Catalogue, type Completion, complete, type NameKind } from "../cli/completion/candidates.ts";
import { projectNames } from "../cli/completion/names.ts";
import type { Terminal } from "../cli/shell/terminal.ts";
import { DEFAULT_ENVIRONMENT } from "../environment-hint.ts";

/** The command that the scripts of `coffer completion` run. */
export default class Complete extends BaseCommand<Completion> {
	static override needsConfig = true;
	static override summary =
		"List the candidates for the word at the cursor (the scripts of 'completion' run this)";
	static override hidden = true;
	static override strict = false;
	static override passesOn = true;
	static override usage = "complete -- [WORD...] TYPED";

	protected async execute(): Promise<Completion> {
		const { argv } = await this.parse(Complete);
		const line = argv.map(String);
		const neededKinds = new Set<NameKind>();
		// The completed command reports an invalid default when it runs.
		const chosen = await defaultEnvironment(this.environment).catch(() => undefined);
		const catalogue: Catalogue = {
			commands: this.config.commands as unknown as Catalogue["commands"],
			topics: this.config.topics,
			environment: chosen?.name ?? DEFAULT_ENVIRONMENT,
			names: (kind) => {
				neededKinds.add(kind);
				return [];
			},
		};
		// The first pass finds out which names are needed. The second pass has them.
		const first = complete(line, catalogue);
		if (neededKinds.size === 0) return first;
		return complete(line, { ...catalogue, names: await projectNames(neededKinds) });
	}

	protected render({ kind, candidates }: Completion, terminal: Terminal): void {
		const lines = candidates.map(
			({ value, description }) => `${value}\t${description.split(/[\n\t]/)[0] ?? ""}`,
		);
		terminal.raw(`${[kind, ...lines].join("\n")}\n`);
	}
}
