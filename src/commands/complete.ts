import { defaultEnvironment } from "../cli/chosen-environment/choose.ts";
import { BaseCommand } from "../cli/command.ts";
import { type Catalogue, type Completion, complete, type NameKind } from "../cli/completion/candidates.ts";
import { projectNames } from "../cli/completion/names.ts";
import type { Terminal } from "../cli/shell/terminal.ts";
import { DEFAULT_ENVIRONMENT } from "../environment-hint.ts";

/** What the scripts of `coffer completion` call. */
export default class Complete extends BaseCommand<Completion> {
	static override summary = "List what may stand where the cursor is: for the scripts of 'completion'";
	static override hidden = true;
	static override strict = false;
	static override passesOn = true;
	static override usage = "complete -- [WORD...] TYPED";

	protected async execute(): Promise<Completion> {
		const { argv } = await this.parse(Complete);
		const line = argv.map(String);
		const asked = new Set<NameKind>();
		// What is wrong with a default is told by the command itself.
		const chosen = await defaultEnvironment(this.environment).catch(() => undefined);
		const catalogue: Catalogue = {
			commands: this.config.commands as unknown as Catalogue["commands"],
			topics: this.config.topics,
			environment: chosen?.name ?? DEFAULT_ENVIRONMENT,
			names: (kind) => {
				asked.add(kind);
				return [];
			},
		};
		// Once to see which names it takes, and with them.
		const first = complete(line, catalogue);
		if (asked.size === 0) return first;
		return complete(line, { ...catalogue, names: await projectNames(asked) });
	}

	protected render({ kind, candidates }: Completion, terminal: Terminal): void {
		const lines = candidates.map(
			({ value, description }) => `${value}\t${description.split(/[\n\t]/)[0] ?? ""}`,
		);
		terminal.raw(`${[kind, ...lines].join("\n")}\n`);
	}
}
