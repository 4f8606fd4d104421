import { Args } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { formatMinute } from "../../cli/context/instant.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { findVersions } from "../../cli/edits/find-versions.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { listNames } from "../../cli/views/edit-result.ts";
import { describeHistory, describeLocation, type HistoryDescription } from "../../cli/views/version-rows.ts";
import { AppError, EXIT } from "../../errors.ts";
import { missingVersions } from "../../vault/records/secret-history.ts";

interface HistoryResult extends HistoryDescription {
	environment: string;
	name: string;
	/** The places that were searched, as phrases. */
	looked: readonly string[];
	/** What could not be searched, and why. */
	notes: readonly string[];
	/** Versions without a record; newest first, at most a hundred. */
	missing: readonly number[];
}

export default class SecretsHistory extends BaseCommand<HistoryResult> {
	static override summary = "List the versions of a secret, without values";
	static override description =
		"Lists the newest version first: when it was set, by whom, and where it was found. Coffer searches coffer.vault, its git history (from HEAD) and the log of the linked platform. The time is the author's date of the commit, or the time by the platform's clock; nothing verifies it. A record whose author could not write to the environment at that time is listed as not valid.";
	static override examples = [
		"<%= config.bin %> secrets history API_KEY",
		"<%= config.bin %> secrets history API_KEY --environment preview --json",
	];
	static override args = {
		name: Args.string({ name: "NAME", description: "name of the secret", required: true }),
	};
	static override flags = { environment: environmentFlag };

	protected async execute(): Promise<HistoryResult> {
		const { args, flags } = await this.parse(SecretsHistory);
		const context = await openContext(this.environment, flags.environment);
		const found = await findVersions(context, args.name, this.terminal);
		await found.remember();
		const { highest, history, lineage, searched: looked, name, notes } = found;
		if (history.versions.length === 0 && history.rejected.length === 0) {
			throw new AppError({
				code: "SECRET_NOT_FOUND",
				message: `No version of ${name} was found in environment '${flags.environment}'.`,
				hint: `Searched: ${looked.join(", ")}.`,
				exit: EXIT.notFound,
			});
		}
		const described = describeHistory(history, lineage.newest);
		const missing = missingVersions(history, 0, highest);
		return { environment: flags.environment, name, ...described, missing, looked, notes };
	}

	protected render(result: HistoryResult, terminal: Terminal): void {
		const rows = result.versions.map(({ by, found, kind, version, ...when }) => [
			`v${version}`,
			kind,
			timeText(when),
			authorText(by, when.resealed),
			describeLocation(found),
		]);
		if (rows.length > 0) terminal.table(rows, ["VERSION", "KIND", "WHEN", "BY", "FOUND IN"]);
		if (result.missing.length > 0)
			terminal.line(`  Not found: ${listNames(result.missing.map((version) => `v${version}`))}`);
		for (const { by, found, reason, version } of result.refused)
			terminal.line(
				`${MARKS.failed} v${version} is not valid (by ${authorText(by, false)}, ${describeLocation(found)}): ${reason}`,
			);
	}
}

type Row = HistoryResult["versions"][number];

function timeText({ committedAt, receivedAt }: Pick<Row, "committedAt" | "receivedAt">): string {
	if (committedAt !== null) return formatMinute(committedAt);
	return receivedAt === null ? "-" : `${formatMinute(receivedAt)} (by the platform's clock)`;
}

function authorText(by: Row["by"], isResealed: boolean): string {
	const name = by === null ? "an unknown author" : by.member ? by.name : `${by.name} (removed)`;
	return isResealed ? `${name} (re-encrypted)` : name;
}
