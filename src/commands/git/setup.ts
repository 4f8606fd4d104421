import { realpathSync } from "node:fs";
import { join } from "node:path";
import { Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { inheritedEnvironment } from "../../cli/shell/process-environment.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { cryptoReady } from "../../crypto.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { RESTAGE, removeGitSetup, type GitSetup as Setup, setUpGit } from "../../project/git/setup.ts";

export default class GitSetup extends BaseCommand<Setup> {
	static override needsConfig = true;
	static override summary = "Set up git to merge, show and check the vault";
	static override description =
		"A merge driver merges vaults secret by secret. 'git diff' shows names, versions, authors and masked values. A pre-commit hook refuses a vault that is damaged, has conflict markers, or lost secrets in a merge, and files that contain a value of the vault or an identity. Run this once in each clone, because git does not clone its settings. Run it again if Coffer is installed at another path.";
	static override examples = ["<%= config.bin %> git setup", "<%= config.bin %> git setup --remove"];
	static override flags = { remove: Flags.boolean({ description: "remove the setup" }) };

	protected async execute(): Promise<Setup> {
		const { flags } = await this.parse(GitSetup);
		await cryptoReady;
		const place = { folder: requireRoot(currentFolder()), variables: inheritedEnvironment() };
		if (flags.remove) return removeGitSetup(place);
		const script = join(realpathSync(this.config.root), "bin", "run.js");
		const setup = await setUpGit(place, { script, node: process.execPath });
		const reasons = {
			foreign: "is not a shell script",
			elsewhere: "is in a folder that core.hooksPath names",
		};
		if (setup.hook === "foreign" || setup.hook === "elsewhere")
			this.terminal.warn(
				`The hook ${setup.hookPath} ${reasons[setup.hook]}, so it was not changed. Add this command to it: coffer git check`,
			);
		if (setup.overridden)
			this.terminal.warn(
				"Git uses other attributes for coffer.vault than .gitattributes says: .git/info/attributes sets them, and counts before it. Remove the line there. To see them: git check-attr -a coffer.vault",
			);
		return setup;
	}

	protected render({ changed, hook, overridden, restage }: Setup, terminal: Terminal): void {
		const isWhole = hook === "present" && !overridden;
		if (changed.length === 0 && !hook) terminal.line("There is no setup to remove.");
		else if (changed.length === 0)
			terminal.line(isWhole ? "Git is set up already." : "Everything else is set up already.");
		else terminal.line(`${MARKS.ok} ${hook ? "Set up" : "Removed"}: ${changed.join(", ")}`);
		if (restage)
			terminal.line(
				`Git has the vault in other bytes, because of the attributes of before. Next, in the vault's folder: ${RESTAGE}`,
			);
	}
}
