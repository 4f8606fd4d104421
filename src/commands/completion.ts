import { Args } from "@oclif/core";
import { BaseCommand } from "../cli/command.ts";
import { completionScript, SETUP, SHELLS, type Shell } from "../cli/completion/scripts.ts";
import type { Terminal } from "../cli/shell/terminal.ts";

interface CompletionResult {
	shell: Shell;
	script: string;
}

export default class CompletionCommand extends BaseCommand<CompletionResult> {
	static override summary = "Print the script that makes a shell complete commands, flags and names";
	static override description =
		"The names of secrets, environments, functions and members come from the project's files, without a key and without the network.";
	static override examples = [
		"source <(<%= config.bin %> completion bash)",
		"source <(<%= config.bin %> completion zsh)",
		"<%= config.bin %> completion fish > ~/.config/fish/completions/coffer.fish",
	];
	static override args = {
		shell: Args.string({ name: "SHELL", description: "your shell", required: true, options: [...SHELLS] }),
	};

	protected async execute(): Promise<CompletionResult> {
		const { args } = await this.parse(CompletionCommand);
		const shell = args.shell as Shell;
		return { shell, script: completionScript(shell, process.argv[1] ?? "coffer") };
	}

	protected render({ shell, script }: CompletionResult, terminal: Terminal): void {
		terminal.raw(script);
		if (terminal.isShown) terminal.note(SETUP[shell]);
	}
}
