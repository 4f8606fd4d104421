import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { expandFlag } from "../../cli/injection/expand-flag.ts";
import { type NoteRow, notesBeside, renderNoteBeside } from "../../cli/notes/rows.ts";
import { requireReveal } from "../../cli/shell/reveal.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { getSecret, readSession } from "../../project/secrets/edit-secrets.ts";
import { expandedValues } from "../../project/secrets/read-secrets.ts";
import { maskValue } from "../../vault/syntax/mask.ts";

interface GetResult {
	environment: string;
	name: string;
	version: number;
	/** Present without `--reveal`. */
	masked?: string;
	/** Present with `--reveal`. */
	value?: string;
	/** The notes of the secret: none, one, or several if people wrote them at the same time. */
	notes: readonly NoteRow[];
}

export default class SecretsGet extends BaseCommand<GetResult> {
	static override summary = "Show one secret: masked, or its value with --reveal";
	static override description =
		"--reveal needs a person at a terminal, or COFFER_ALLOW_REVEAL=1: coding agents and scripts that use a secret need not see it ('coffer run -- COMMAND'). The output may go elsewhere, as in $(…) and … | pbcopy. The secret's note, if there is one, goes to standard error, so that the output is the value alone.";
	static override examples = [
		"<%= config.bin %> secrets get API_KEY",
		"<%= config.bin %> secrets get API_KEY --reveal",
	];
	static override args = {
		name: Args.string({ name: "NAME", description: "name of the secret", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		expand: expandFlag,
		reveal: Flags.boolean({ description: "print the value instead of the mask" }),
	};

	protected async execute(): Promise<GetResult> {
		const { args, flags } = await this.parse(SecretsGet);
		if (flags.reveal)
			requireReveal(this.terminal, this.environment, "'coffer secrets get --reveal' prints a value");
		const context = await openContext(this.environment, flags.environment);
		const { session, remember } = await readSession(context);
		for (const warning of session.warnings) this.terminal.warn(warning);
		const { value: stored, version } = getSecret(session, args.name);
		const { values } = await expandedValues(session, [args.name], flags.expand);
		const value = values.get(args.name) ?? stored;
		const notes = await notesBeside(session, args.name, this.terminal);
		await remember();
		const found = { environment: flags.environment, name: args.name, version, notes };
		return flags.reveal ? { ...found, value } : { ...found, masked: maskValue(value) };
	}

	protected render(result: GetResult, terminal: Terminal): void {
		if (result.value !== undefined) terminal.raw(`${result.value}\n`);
		else terminal.line(result.masked);
		for (const note of result.notes) renderNoteBeside(note, terminal);
	}
}
