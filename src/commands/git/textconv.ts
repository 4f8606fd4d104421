import { Args } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { findIdentity } from "../../cli/context/open-project.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { cryptoReady } from "../../crypto.ts";
import { AppError } from "../../errors.ts";
import { describeFile } from "../../project/textconv.ts";

/** Git runs it for `git diff`, `git log -p` and similar commands. */
export default class GitTextconv extends BaseCommand<{ text: string }> {
	static override hidden = true;
	static override summary = "Describe a vault for git diff (git runs this)";
	static override args = { file: Args.string({ required: true, description: "file with the vault" }) };

	protected async execute(): Promise<{ text: string }> {
		const { args } = await this.parse(GitTextconv);
		// A diff must not ask questions. Without an identity, it shows no masked values.
		const finding = findIdentity(this.environment).catch((error: unknown) => {
			if (!(error instanceof AppError)) throw error;
			return undefined;
		});
		const [found] = await Promise.all([finding, cryptoReady]);
		return { text: await describeFile(args.file, found?.identity) };
	}

	protected render({ text }: { text: string }, terminal: Terminal): void {
		for (const line of text.replace(/\n$/, "").split("\n")) terminal.line(line);
	}
}
