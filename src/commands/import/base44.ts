import { Flags } from "@oclif/core";
import { importSource, importValues, type SortedNames, sortNames } from "../../cli/base44/import.ts";
import { BaseCommand, environmentFlag, noSyncFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { adviseOnEnvFile } from "../../cli/plaintext/env-files.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { connectOrAsk } from "../../cli/targets/connection.ts";
import { type EnvironmentEdit, listNames, renderEdit } from "../../cli/views/edit-result.ts";
import { AppError, EXIT } from "../../errors.ts";
import { readSession, setSecrets } from "../../project/secrets/edit-secrets.ts";
import { BASE44 } from "../../targets/base44/kind.ts";

interface ImportResult extends EnvironmentEdit, Omit<SortedNames, "wanted"> {
	app: string;
	url: string;
	/** Names without a value. */
	skipped: readonly string[];
}

function bothOnStdin(): AppError {
	return new AppError({
		code: "USAGE",
		message: "The API key and the values cannot both come from standard input.",
		hint: "Set BASE44_API_KEY, or pass the values with --env-file FILE.",
		exit: EXIT.usage,
	});
}

export default class ImportBase44 extends BaseCommand<ImportResult> {
	static override summary = "Import the secrets of an app at Base44 into the vault";
	static override description =
		"Base44 returns the names of the secrets, but not their values. So Coffer asks for each value at a hidden prompt, or reads the values from a .env file. Secrets that the vault already has are not changed.";
	static override examples = [
		"<%= config.bin %> import base44 --app 68a1f0c2d3",
		"<%= config.bin %> import base44 --env-file .env",
	];
	static override flags = {
		environment: environmentFlag,
		app: Flags.string({
			description: "id of the app; defaults to the linked app, BASE44_APP_ID, or the id in base44/.app.jsonc",
			helpValue: "ID",
		}),
		url: Flags.string({
			description: "address of the API; defaults to the linked address, BASE44_API_URL, or Base44's own",
			helpValue: "URL",
		}),
		"env-file": Flags.string({
			description: "read the values from a .env file; - is standard input",
			helpValue: "FILE",
		}),
		overwrite: Flags.boolean({ description: "also import secrets that the vault already has" }),
		"key-stdin": Flags.boolean({ description: "read the API key from standard input" }),
		"no-sync": noSyncFlag,
	};

	protected async execute(): Promise<ImportResult> {
		const { flags } = await this.parse(ImportBase44);
		if (flags["key-stdin"] && flags["env-file"] === "-") throw bothOnStdin();
		const context = await openContext(this.environment, flags.environment, "edit");
		const { session } = await readSession(context);
		const id = await importSource(session, { app: flags.app, url: flags.url }, this.environment);
		const target = await connectOrAsk(BASE44, id, flags["key-stdin"], this.terminal);
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
		if (skipped.length > 0) terminal.line(`  Skipped, because there is no value: ${listNames(skipped)}`);
		if (kept.length > 0)
			terminal.line(`  Already in the vault: ${listNames(kept)} (to import them anyway: --overwrite)`);
		for (const { reason } of refused) terminal.line(`  Not imported: ${reason}`);
	}
}
