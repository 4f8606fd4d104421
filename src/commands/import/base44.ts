import { Flags } from "@oclif/core";
import { connectOrAskBase44 } from "../../cli/base44/connection.ts";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { importSource, importValues, type SortedNames, sortNames } from "../../cli/edits/import-base44.ts";
import { adviseOnEnvFile } from "../../cli/plaintext/env-files.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { type EnvironmentEdit, listNames, renderEdit } from "../../cli/views/edit-result.ts";
import { AppError, EXIT } from "../../errors.ts";
import { readSession, setSecrets } from "../../project/secrets/edit-secrets.ts";

interface ImportResult extends EnvironmentEdit, Omit<SortedNames, "wanted"> {
	app: string;
	url: string;
	/** Names that no value was given for. */
	skipped: readonly string[];
}

function bothOnStdin(): AppError {
	return new AppError({
		code: "USAGE",
		message: "The key and the values cannot both come on standard input.",
		hint: "Set BASE44_API_KEY, or pass the values by --env-file FILE.",
		exit: EXIT.usage,
	});
}

export default class ImportBase44 extends BaseCommand<ImportResult> {
	static override summary = "Take the secrets of an app at Base44 into the vault";
	static override description =
		"Base44 tells the names and gives no values back: each value is asked for at a hidden prompt, or taken from a .env file. Names that the vault has are left as they are.";
	static override examples = [
		"<%= config.bin %> import base44 --app 68a1f0c2d3",
		"<%= config.bin %> import base44 --env-file .env",
	];
	static override flags = {
		environment: environmentFlag,
		app: Flags.string({
			description:
				"the app's id; by default the one that is linked, or BASE44_APP_ID, or what base44/.app.jsonc says",
			helpValue: "ID",
		}),
		url: Flags.string({
			description:
				"address of the API; the one that is linked, or BASE44_API_URL, or Base44's own, by default",
			helpValue: "URL",
		}),
		"env-file": Flags.string({
			description: "take the values from a .env file; - is standard input",
			helpValue: "FILE",
		}),
		overwrite: Flags.boolean({ description: "ask for the names that the vault has, too" }),
		"key-stdin": Flags.boolean({ description: "read the API key from standard input" }),
		"no-sync": Flags.boolean({ description: "change the vault only" }),
	};

	protected async execute(): Promise<ImportResult> {
		const { flags } = await this.parse(ImportBase44);
		if (flags["key-stdin"] && flags["env-file"] === "-") throw bothOnStdin();
		const context = await openContext(this.environment, flags.environment, "edit");
		const { session } = await readSession(context);
		const id = await importSource(session, { app: flags.app, url: flags.url }, this.environment);
		const target = await connectOrAskBase44(id, flags["key-stdin"], this.terminal);
		const { wanted, ...others } = sortNames(session, await target.list(), flags.overwrite);
		const values = await importValues(wanted, flags["env-file"], this.terminal);
		const { changed, unchanged, warnings } = await setSecrets(context, values);
		for (const warning of warnings) this.terminal.warn(warning);
		const edited = {
			environment: flags.environment,
			app: id.app,
			url: id.origin,
			set: changed,
			deleted: [],
			unchanged,
			skipped: wanted.filter((name) => !values.has(name)),
			...others,
		};
		const envFile = flags["env-file"];
		if (envFile !== undefined) await adviseOnEnvFile(envFile, this.terminal);
		const sync = !flags["no-sync"] && values.size > 0;
		return afterEdit(context, edited, { sync, terminal: this.terminal });
	}

	protected render(result: ImportResult, terminal: Terminal): void {
		const { kept, refused, skipped, set, unchanged } = result;
		if (set.length + unchanged.length > 0) renderEdit(result, result.environment, terminal);
		else terminal.line("  Nothing was imported.");
		if (skipped.length > 0) terminal.line(`  No value given: ${listNames(skipped)}`);
		if (kept.length > 0)
			terminal.line(`  In the vault already: ${listNames(kept)} (--overwrite asks for them)`);
		for (const { reason } of refused) terminal.line(`  Not taken: ${reason}`);
	}
}
