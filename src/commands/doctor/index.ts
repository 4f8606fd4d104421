import { Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/command.ts";
import type { State } from "../../cli/doctor/check.ts";
import { type Diagnosis, examine, requireHealthy } from "../../cli/doctor/examine.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";

const SIGNS: Readonly<Record<State, string>> = {
	ok: MARKS.ok,
	warning: MARKS.pending,
	failure: MARKS.failed,
};

export default class Doctor extends BaseCommand<Diagnosis> {
	static override summary = "Check this device and the project, and say what mends each fault";
	static override description =
		"Checks the keychain (with an entry that it deletes again), the identity, the vault and which environments this device can open, git and its setup in this clone, links with platforms (reachable, key, token and its rights, clock), optional packages, Deno, who may use the files of Coffer, .env files and private keys that git tracks, and the shell's completion. Outside a project it checks what belongs to the device. Each fault has a command that mends it.\n\n--fix sets up git, takes rights to files from other users, and adds .env files to .gitignore. It changes nothing else.";
	static override examples = [
		"<%= config.bin %> doctor",
		"<%= config.bin %> doctor --fix",
		"<%= config.bin %> doctor --json",
	];
	static override flags = {
		fix: Flags.boolean({ description: "mend what can be mended without a risk of losing something" }),
	};

	protected async execute(): Promise<Diagnosis> {
		const { flags } = await this.parse(Doctor);
		const diagnosis = await examine(this.environment, flags.fix);
		requireHealthy(diagnosis);
		return diagnosis;
	}

	protected render({ checks, failures, warnings }: Diagnosis, terminal: Terminal): void {
		for (const { fixed, remedy, state, text } of checks) {
			terminal.paragraph(`${SIGNS[state]} ${text}${fixed === undefined ? "" : ` Mended: ${fixed}.`}`, "  ");
			if (remedy !== null) terminal.line(`  → ${remedy}`);
		}
		if (failures + warnings === 0) terminal.line("Everything is in order.");
		else terminal.line(`${count(failures, "failure")}, ${count(warnings, "warning")}`);
	}
}
