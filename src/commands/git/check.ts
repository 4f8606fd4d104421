import { BaseCommand } from "../../cli/command.ts";
import { inheritedEnvironment } from "../../cli/environment.ts";
import { cryptoReady } from "../../crypto.ts";
import { checkStaged } from "../../project/git/check.ts";
import { driverWarnings } from "../../project/git/driver.ts";
import { lastTree, stagedSince } from "../../project/git/staged.ts";
import { currentFolder } from "../../project/root.ts";

/** Run by the pre-commit hook; needs no identity, and says nothing where nothing is wrong. */
export default class GitCheck extends BaseCommand<{ checked: string[] }> {
	static override hidden = true;
	static override summary = "Check the vaults that are staged in git (the pre-commit hook runs this)";

	protected async execute(): Promise<{ checked: string[] }> {
		await this.parse(GitCheck);
		await cryptoReady;
		const place = { folder: currentFolder(), variables: inheritedEnvironment() };
		for (const warning of await driverWarnings(place)) this.terminal.warn(warning);
		const files = await stagedSince(place, await lastTree(place));
		return { checked: await checkStaged(place, files) };
	}

	protected render(): void {}
}
