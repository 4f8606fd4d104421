import { realpathSync } from "node:fs";
import { join } from "node:path";
import { Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import { inheritedEnvironment } from "../../cli/shell/process-environment.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { cryptoReady } from "../../crypto.ts";
import { currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { removeGitSetup, type GitSetup as Setup, setUpGit } from "../../project/git/setup.ts";

export default class GitSetup extends BaseCommand<Setup> {
	static override summary = "Let git merge, show and check the vault by its meaning";
	static override description =
		"A merge driver unites secrets name by name; git diff shows names, versions, authors and masks; a pre-commit hook refuses a vault with conflict markers, with a fault, or without what a side of a merge had, and files that hold a value of the vault or an identity. Each clone does it once: git's settings are not cloned. Do it again after Coffer has moved.";
	static override examples = ["<%= config.bin %> git setup", "<%= config.bin %> git setup --remove"];
	static override flags = { remove: Flags.boolean({ description: "undo it" }) };

	protected async execute(): Promise<Setup> {
		const { flags } = await this.parse(GitSetup);
		await cryptoReady;
		const place = { folder: requireRoot(currentFolder()), variables: inheritedEnvironment() };
		if (flags.remove) return removeGitSetup(place);
		const script = join(realpathSync(this.config.root), "bin", "run.js");
		const setup = await setUpGit(place, { script, node: process.execPath });
		const left = { foreign: "is no shell script", elsewhere: "is in a folder that core.hooksPath names" };
		if (setup.hook === "foreign" || setup.hook === "elsewhere")
			this.terminal.warn(
				`The hook ${setup.hookPath} ${left[setup.hook]}, and was left alone; let it run: coffer git check`,
			);
		return setup;
	}

	protected render({ changed, hook }: Setup, terminal: Terminal): void {
		if (changed.length === 0) terminal.line(hook ? "Git is set up already." : "There was nothing to undo.");
		else terminal.line(`${MARKS.ok} ${hook ? "Set up" : "Undone"}: ${changed.join(", ")}`);
	}
}
