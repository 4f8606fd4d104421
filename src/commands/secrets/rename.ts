import { existsSync } from "node:fs";
import { join } from "node:path";
import { Args } from "@oclif/core";
import { BaseCommand, environmentFlag, noSyncFlag, noWaitFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { prepareSync } from "../../cli/edits/prepare-sync.ts";
import { type Reader, readersOf } from "../../cli/edits/readers-of.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { unsafeReason } from "../../cli/shell/unsafe-names.ts";
import { type EnvironmentEdit, renderSync } from "../../cli/views/edit-result.ts";
import { dryRunFlag, type PlanResult, planEdit, renderPlan } from "../../cli/views/plan-result.ts";
import { AppError } from "../../errors.ts";
import { moveNotes, NOTES_FOLDER } from "../../project/notes/notes.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import type { Intent } from "../../project/secrets/preview-edit.ts";
import { checkRename, renameSecret } from "../../project/secrets/rename-secret.ts";
import type { SessionContext } from "../../project/session/session.ts";

interface RenameResult extends EnvironmentEdit {
	from: string;
	to: string;
	/** The version of the new name. */
	version: number;
	/** The project's functions whose code names the old name, and so lack it now. */
	readers: readonly Reader[];
}

export default class SecretsRename extends BaseCommand<RenameResult | PlanResult> {
	static override summary = "Rename a secret, in one change of the vault";
	static override description =
		"The new name gets the value, and the old name is deleted; both are sealed and signed in one change, so no sync and no commit has only one of them. The versions of the old name stay under the old name ('secrets history OLD'), and the new name continues its own. If a removed member could read the value, 'members debt' lists the new name too. Coffer lists the functions of this project whose code reads the old name: they lack it from now on. If the new name exists, nothing is changed. Syncs like 'secrets set'.";
	static override examples = ["<%= config.bin %> secrets rename STRIPE_KEY STRIPE_SECRET_KEY"];
	static override args = {
		from: Args.string({ name: "OLD", description: "present name of the secret", required: true }),
		to: Args.string({ name: "NEW", description: "its new name", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		"no-sync": noSyncFlag,
		"no-wait": noWaitFlag,
		"dry-run": dryRunFlag,
	};

	protected async execute(): Promise<RenameResult | PlanResult> {
		const { args, flags } = await this.parse(SecretsRename);
		const { from, to } = args;
		const { environment } = flags;
		const prepare = flags["no-sync"] || flags["dry-run"] ? undefined : prepareSync;
		const use = flags["dry-run"] ? "read" : "edit";
		const context = await openContext(this.environment, environment, use, prepare);
		await checkRename(context, from, to);
		const { notes, readers } = await readersOf(context.root, from, this.environment);
		for (const note of notes) this.terminal.warn(note);
		if (readers.length > 0) this.terminal.warn(readersText(readers, from, to));
		if (flags["dry-run"]) {
			const intents = new Map<string, Intent>([
				[to, "unknown"],
				[from, { value: undefined }],
			]);
			return planEdit(context, intents, this.terminal);
		}
		const { version, warnings } = await renameSecret(context, from, to);
		for (const warning of warnings) this.terminal.warn(warning);
		await this.#moveNotes(context, from, to);
		const reason = unsafeReason(to);
		if (reason !== undefined)
			this.terminal.warn(`'coffer run' passes ${to} on only with --allow-unsafe ${to}, because ${reason}.`);
		const changed = { set: [to], deleted: [from], unchanged: [] };
		return afterEdit(
			context,
			{ environment, from, to, version, readers, ...changed },
			{ sync: !flags["no-sync"], waits: !flags["no-wait"], terminal: this.terminal },
		);
	}

	/** The secret is renamed, so a failure is a warning. */
	async #moveNotes(context: SessionContext, from: string, to: string): Promise<void> {
		if (!existsSync(join(context.root, NOTES_FOLDER))) return;
		try {
			const { session } = await readSession(context);
			if (await moveNotes(session, from, to)) this.terminal.note(`The note of ${from} is now that of ${to}.`);
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			this.terminal.warn(`The note of ${from} could not be moved to ${to}: ${error.message}`);
		}
	}

	protected render(result: RenameResult | PlanResult, terminal: Terminal): void {
		if ("changes" in result) {
			renderPlan(result, true, terminal);
			return;
		}
		terminal.line(`${MARKS.ok} Renamed ${result.from} to ${result.to} in ${result.environment}`);
		renderSync(result, result.environment, terminal);
	}
}

function readersText(readers: readonly Reader[], from: string, to: string): string {
	const places = readers.map((one) => `${one.function} (${one.file}:${one.line})`).join(", ");
	return `The code of these functions reads ${from}, not ${to}: ${places}.`;
}
