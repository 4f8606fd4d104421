import { BaseCommand } from "../../cli/command.ts";
import { inheritedEnvironment } from "../../cli/environment.ts";
import { cryptoReady } from "../../crypto.ts";
import { checkStaged } from "../../project/git/check.ts";
import { currentFolder } from "../../project/root.ts";

/** Run by the pre-commit hook; needs no identity, and says nothing where nothing is wrong. */
export default class GitCheck extends BaseCommand<{ checked: string[] }> {
	static override hidden = true;
	static override summary = "Check the vaults that are staged in git (the pre-commit hook runs this)";

	protected async execute(): Promise<{ checked: string[] }> {
		await this.parse(GitCheck);
		await cryptoReady;
		return { checked: await checkStaged({ folder: currentFolder(), variables: inheritedEnvironment() }) };
	}

	protected render(): void {}
}
