import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag, noSyncFlag, noWaitFlag } from "../cli/command.ts";
import { openContext } from "../cli/context/open-project.ts";
import { afterEdit } from "../cli/edits/after-edit.ts";
import { prepareSync } from "../cli/edits/prepare-sync.ts";
import { readEnvText } from "../cli/edits/secret-values.ts";
import { selectEntries } from "../cli/imports/entries.ts";
import { guessKind, KINDS, type Kind } from "../cli/imports/kinds.ts";
import { dialectFlag, dialectNamed, requireComparable } from "../cli/imports/readers.ts";
import { adviseOnEnvFile } from "../cli/plaintext/env-files.ts";
import type { Terminal } from "../cli/shell/terminal.ts";
import { type EnvironmentEdit, renderEdit } from "../cli/views/edit-result.ts";
import { dryRunFlag, type PlanResult, planEdit, renderPlan } from "../cli/views/plan-result.ts";
import { readSession, setSecrets } from "../project/secrets/edit-secrets.ts";

/** Stable: other programs rely on it. */
interface ImportEdit extends EnvironmentEdit {
	/** The kind of file, as `--from` takes it. */
	from: Kind;
	/** Names that the vault did not have. They are in `set` too. */
	added: readonly string[];
	/** Names that had another value. They are in `set` too. */
	changed: readonly string[];
}

type ImportResult = ImportEdit | PlanResult;

export default class ImportCommand extends BaseCommand<ImportResult> {
	static override summary = "Import secrets from a file of another tool";
	static override description =
		"Reads .env files, JSON and YAML, and what other tools for secrets keep or export, and encrypts the values into coffer.vault in one change. Without --from, the kind of file is guessed and printed. A name that the vault has gets the new value, as with 'secrets set'.\n\nIf readers of .env files do not agree on a value, nothing is imported; --dialect names the reader that the file is written for. Nested JSON and YAML are refused.";
	static override examples = [
		"<%= config.bin %> import .env",
		"<%= config.bin %> import .env.production --dialect next --environment production",
		"<%= config.bin %> import secrets.yaml --only API_KEY --only DB_URL",
		"sops decrypt secrets.yaml | <%= config.bin %> import - --from yaml",
	];
	static override args = {
		file: Args.string({ name: "FILE", description: "the file; - is standard input", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		from: Flags.string({
			description: "kind of file; guessed from the file if left out",
			options: [...KINDS],
			helpValue: "KIND",
		}),
		dialect: dialectFlag,
		only: Flags.string({
			description: "import only this name (repeatable)",
			multiple: true,
			multipleNonGreedy: true,
			helpValue: "NAME",
		}),
		prefix: Flags.string({ description: "put this text before each name", helpValue: "TEXT", default: "" }),
		"no-sync": noSyncFlag,
		"no-wait": noWaitFlag,
		"dry-run": dryRunFlag,
	};

	protected async execute(): Promise<ImportResult> {
		const { args, flags } = await this.parse(ImportCommand);
		const { path, text } = await readEnvText(args.file, this.terminal);
		requireComparable(path, text);
		const from = KINDS.find((kind) => kind === flags.from) ?? guessKind(path, text);
		if (flags.from === undefined) this.terminal.note(`Read as ${from}. Another kind: --from KIND`);
		const dialect = flags.dialect === undefined ? undefined : dialectNamed(flags.dialect);
		const { readEntries } = await import("../cli/imports/read.ts");
		const entries = readEntries(path, text, from, dialect);
		const values = selectEntries(path, entries, { prefix: flags.prefix, only: flags.only });
		if (flags["dry-run"]) {
			const context = await openContext(this.environment, flags.environment);
			const intents = new Map([...values].map(([name, value]) => [name, { value }]));
			return planEdit(context, intents, this.terminal);
		}
		const prepares = flags["no-sync"] ? undefined : prepareSync;
		const context = await openContext(this.environment, flags.environment, "edit", prepares);
		const { session } = await readSession(context);
		const had = (name: string) => session.verified.section.records.get(name)?.kind === "live";
		const { changed: set, unchanged, warnings } = await setSecrets(context, values);
		for (const warning of warnings) this.terminal.warn(warning);
		if (args.file !== "-") await adviseOnEnvFile(args.file, this.terminal);
		const edited = {
			environment: flags.environment,
			from,
			set,
			added: set.filter((name) => !had(name)),
			changed: set.filter(had),
			deleted: [],
			unchanged,
		};
		return afterEdit(context, edited, {
			sync: !flags["no-sync"],
			waits: !flags["no-wait"],
			terminal: this.terminal,
		});
	}

	protected render(result: ImportResult, terminal: Terminal): void {
		if ("changes" in result) {
			renderPlan(result, true, terminal);
			return;
		}
		renderEdit(result, result.environment, terminal);
		const { added, changed, unchanged } = result;
		terminal.line(`  ${added.length} added, ${changed.length} changed, ${unchanged.length} unchanged`);
	}
}
