import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { type FoundVersions, findVersions } from "../../cli/edits/find-versions.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { listNames, renderSync, type SyncReport } from "../../cli/views/edit-result.ts";
import { type FoundIn, foundIn, placeWords } from "../../cli/views/version-rows.ts";
import { AppError } from "../../errors.ts";
import { type RestoredVersion, restore } from "../../project/secrets/restore-version.ts";
import { chooseVersion, newestLive } from "../../vault/records/choose-version.ts";
import { MAX_VERSION } from "../../vault/records/record.ts";
import { type KnownVersion, missingVersions } from "../../vault/records/secret-history.ts";

interface RestoreResult extends SyncReport {
	environment: string;
	name: string;
	/** `put-back`: the very record, at its version; `sealed-anew`: its value, as a new version. */
	outcome: RestoredVersion["outcome"];
	/** The version that was found. */
	from: number;
	/** The version that the file has now. */
	version: number;
	found: FoundIn;
	/** Later versions of which no record was found; newest first, a hundred at most. */
	missing: readonly number[];
}

/** A file that is no vault as a whole is nothing that one record could be put into. */
function wholeFile(error: unknown): unknown {
	const isFile =
		error instanceof AppError &&
		/^VAULT_(MALFORMED|TRUNCATED|TOO_LARGE|UNSORTED|NAME_|RECORD_|LINK_MALFORMED|NOT_FOUND)/.test(error.code);
	if (!isFile) return error;
	return error.with({
		hint: "Bring the whole file back first: 'git log -- coffer.vault' lists its commits, 'git checkout COMMIT -- coffer.vault' takes one.",
	});
}

/** The version to bring back. What was seen here and is kept nowhere may have been undone. */
function chosenOf(found: FoundVersions, version: number | undefined): KnownVersion {
	try {
		return version === undefined ? newestLive(found) : chooseVersion(found, version);
	} catch (error) {
		const isSeen = found.session.memory.marks.has(found.name);
		if (!(error instanceof AppError) || error.code !== "SECRET_NOT_FOUND" || !isSeen) throw error;
		throw error.with({
			hint: `${error.hint}\nIf it was set here and undone with git, it can be forgotten: coffer vault accept`,
		});
	}
}

export default class VaultRestore extends BaseCommand<RestoreResult> {
	static override summary = "Bring a value back that the vault has lost";
	static override description =
		"Dropped, altered, rolled back or deleted: the newest value that counts is looked for in coffer.vault, in all that git keeps of it (other branches, the stash and what was reset included) and in the platform's log. Where no later version is known, its very record is put back; else its value becomes a new version. With --version N, that version. Syncs like 'secrets set'.";
	static override examples = [
		"<%= config.bin %> vault restore API_KEY",
		"<%= config.bin %> vault restore API_KEY --version 3",
	];
	static override args = {
		name: Args.string({ name: "NAME", description: "the secret's name", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		version: Flags.integer({
			description: "the version to bring back; the newest that has a value by default",
			min: 1,
			max: MAX_VERSION,
			helpValue: "N",
		}),
		"no-sync": Flags.boolean({ description: "change the vault only" }),
	};

	protected async execute(): Promise<RestoreResult> {
		const { args, flags } = await this.parse(VaultRestore);
		const context = await openContext(this.environment, flags.environment, "edit");
		const found = await findVersions(context, args.name, this.terminal, "everywhere").catch(
			(error: unknown) => {
				throw wholeFile(error);
			},
		);
		const { highest, history, name, session } = found;
		const chosen = chosenOf(found, flags.version);
		const before = session.verified.section.records.get(name);
		const { outcome, version } = await restore(context, { name, chosen, highest, before });
		const edited = {
			environment: flags.environment,
			name,
			outcome,
			from: chosen.version,
			version,
			found: foundIn(chosen.sources),
			missing: missingVersions(history, chosen.version, highest),
		};
		return afterEdit(context, edited, { sync: !flags["no-sync"], terminal: this.terminal });
	}

	protected render(result: RestoreResult, terminal: Terminal): void {
		const { environment, found, from, missing, name, outcome, version } = result;
		const where = placeWords(found);
		if (outcome === "unchanged") terminal.line(`  ${name} is there in ${environment}, in version ${version}`);
		else if (outcome === "put-back")
			terminal.line(`${MARKS.ok} Put back ${name} in ${environment}, version ${version} (found in ${where})`);
		else
			terminal.line(
				`${MARKS.ok} Set ${name} in ${environment} to the value of version ${from} (found in ${where}), as version ${version}`,
			);
		if (missing.length > 0 && outcome !== "unchanged")
			terminal.line(
				`  Later, and not found: ${listNames(missing.map((each) => `v${each}`))}. It is none of these values`,
			);
		renderSync(result, result.environment, terminal);
	}
}
