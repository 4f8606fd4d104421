import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag, noSyncFlag } from "../../cli/command.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { afterEdit } from "../../cli/edits/after-edit.ts";
import { type FoundVersions, findVersions } from "../../cli/edits/find-versions.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { listNames, renderSync, type SyncReport } from "../../cli/views/edit-result.ts";
import { describeLocation, type FoundIn, foundIn } from "../../cli/views/version-rows.ts";
import { AppError } from "../../errors.ts";
import { type RestoredVersion, restore } from "../../project/secrets/restore-version.ts";
import { chooseVersion, newestLive } from "../../vault/records/choose-version.ts";
import { MAX_VERSION } from "../../vault/records/record.ts";
import { type KnownVersion, missingVersions } from "../../vault/records/secret-history.ts";

interface RestoreResult extends SyncReport {
	environment: string;
	name: string;
	/** `put-back`: the same record, with its version. `sealed-anew`: its value, as a new version. */
	outcome: RestoredVersion["outcome"];
	/** The version that was found. */
	from: number;
	/** The version in the vault after the command. */
	version: number;
	found: FoundIn;
	/** Later versions without a record; newest first, at most a hundred. */
	missing: readonly number[];
}

/** Replaces the hint of an error for a file that is not a vault: one record cannot be restored into it. */
function explainBrokenFile(error: unknown): unknown {
	const isBroken =
		error instanceof AppError &&
		/^VAULT_(MALFORMED|TRUNCATED|TOO_LARGE|UNSORTED|NAME_|RECORD_|LINK_MALFORMED|NOT_FOUND)/.test(error.code);
	if (!isBroken) return error;
	return error.with({
		hint: "Restore the whole file first: 'git log -- coffer.vault' lists its commits, and 'git checkout COMMIT -- coffer.vault' restores it from one.",
	});
}

/**
 * The version to restore. If a version that this device has seen is not found, the hint mentions that its change may
 * have been undone.
 */
function versionToRestore(found: FoundVersions, version: number | undefined): KnownVersion {
	try {
		return version === undefined ? newestLive(found) : chooseVersion(found, version);
	} catch (error) {
		const isSeen = found.session.memory.marks.has(found.name);
		if (!(error instanceof AppError) || error.code !== "SECRET_NOT_FOUND" || !isSeen) throw error;
		throw error.with({
			hint: `${error.hint}\nIf it was set on this device and undone with git on purpose: coffer vault accept`,
		});
	}
}

export default class VaultRestore extends BaseCommand<RestoreResult> {
	static override summary = "Restore a value that the vault has lost";
	static override description =
		"Use this for a secret that was dropped, altered, rolled back or deleted. Coffer searches coffer.vault, everything that git has of it (also other branches, the stash and commits that were reset) and the platform's log for the newest valid value, or for the one in --version. If no later version is known, the same record is restored; otherwise the value becomes a new version. Syncs like 'secrets set'.";
	static override examples = [
		"<%= config.bin %> vault restore API_KEY",
		"<%= config.bin %> vault restore API_KEY --version 3",
	];
	static override args = {
		name: Args.string({ name: "NAME", description: "name of the secret", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		version: Flags.integer({
			description: "version to restore; defaults to the newest version with a value",
			min: 1,
			max: MAX_VERSION,
			helpValue: "N",
		}),
		"no-sync": noSyncFlag,
	};

	protected async execute(): Promise<RestoreResult> {
		const { args, flags } = await this.parse(VaultRestore);
		const context = await openContext(this.environment, flags.environment, "edit");
		const found = await findVersions(context, args.name, this.terminal, "everywhere").catch(
			(error: unknown) => {
				throw explainBrokenFile(error);
			},
		);
		const { highest, history, name, session } = found;
		const chosen = versionToRestore(found, flags.version);
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
		const where = describeLocation(found);
		if (outcome === "unchanged")
			terminal.line(`  ${name} is already in ${environment}, with version ${version}`);
		else if (outcome === "put-back")
			terminal.line(`${MARKS.ok} Restored ${name} in ${environment}, version ${version} (found in ${where})`);
		else
			terminal.line(
				`${MARKS.ok} Set ${name} in ${environment} to the value of version ${from} (found in ${where}), as version ${version}`,
			);
		if (missing.length > 0 && outcome !== "unchanged")
			terminal.line(
				`  Later versions were not found: ${listNames(missing.map((each) => `v${each}`))}. The restored value is older than these`,
			);
		renderSync(result, result.environment, terminal);
	}
}
