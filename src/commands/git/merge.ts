import { Args } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { inheritedEnvironment } from "../../cli/shell/process-environment.ts";
import { cryptoReady } from "../../crypto.ts";
import { currentFolder } from "../../project/files/project-root.ts";
import { atVault } from "../../project/git/hook/user-folder.ts";
import { mergeVaultFiles } from "../../project/git/merge.ts";

/** Git runs it, and treats every exit status except 0 as a conflict. */
export default class GitMerge extends BaseCommand<undefined> {
	static override hidden = true;
	static override summary = "Merge three versions of a vault (git runs this)";
	static override args = {
		base: Args.string({ required: true, description: "the common ancestor: %O" }),
		ours: Args.string({ required: true, description: "our version, which is overwritten by the result: %A" }),
		theirs: Args.string({ required: true, description: "their version: %B" }),
		path: Args.string({ description: "the file's path in the repository: %P" }),
	};

	protected async execute(): Promise<undefined> {
		const { args } = await this.parse(GitMerge);
		await cryptoReady;
		const { base, ours, path = "", theirs } = args;
		const place = { folder: currentFolder(), variables: inheritedEnvironment() };
		await mergeVaultFiles(place, { base, ours, theirs }).catch((error: unknown) => {
			throw atVault(error, path, place);
		});
		return undefined;
	}

	protected render(): void {}
}
