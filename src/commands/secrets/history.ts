import { Args } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { formatMinute } from "../../cli/context/instant.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { findVersions } from "../../cli/edits/find-versions.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { listNames } from "../../cli/views/edit-result.ts";
import { describeHistory, type HistoryDescription, placeWords } from "../../cli/views/version-rows.ts";
import { AppError, EXIT } from "../../errors.ts";
import { missingVersions } from "../../vault/records/secret-history.ts";

interface HistoryResult extends HistoryDescription {
	environment: string;
	name: string;
	/** Where it was looked, as phrases. */
	looked: readonly string[];
	/** What could not be looked at, and why. */
	notes: readonly string[];
	/** Versions of which no record was found; newest first, a hundred at most. */
	missing: readonly number[];
}

export default class SecretsHistory extends BaseCommand<HistoryResult> {
	static override summary = "List the versions that a secret has had, without values";
	static override description =
		"Newest first: when, by whom, and where it was found. It is looked for in coffer.vault, in git's history of it (of HEAD) and in the log of the linked platform. Times are the commit's author's, or the platform's own word, and decide nothing. A record that is not signed by somebody who could write then is shown as one that does not count.";
	static override examples = [
		"<%= config.bin %> secrets history API_KEY",
		"<%= config.bin %> secrets history API_KEY --environment preview --json",
	];
	static override args = {
		name: Args.string({ name: "NAME", description: "the secret's name", required: true }),
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
				message: `No version of ${name} is to be found in environment '${flags.environment}'.`,
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
			whenWords(when),
			byWords(by, when.resealed),
			placeWords(found),
		]);
		if (rows.length > 0) terminal.table(rows, ["VERSION", "KIND", "WHEN", "BY", "FOUND IN"]);
		if (result.missing.length > 0)
			terminal.line(`  Not found: ${listNames(result.missing.map((version) => `v${version}`))}`);
		for (const { by, found, reason, version } of result.refused)
			terminal.line(
				`${MARKS.failed} v${version} does not count (by ${byWords(by, false)}, ${placeWords(found)}): ${reason}`,
			);
	}
}

type Row = HistoryResult["versions"][number];

function whenWords({ committedAt, receivedAt }: Pick<Row, "committedAt" | "receivedAt">): string {
	if (committedAt !== null) return formatMinute(committedAt);
	return receivedAt === null ? "-" : `${formatMinute(receivedAt)} (platform's word)`;
}

function byWords(by: Row["by"], isResealed: boolean): string {
	const name = by === null ? "nobody known" : by.member ? by.name : `${by.name} (removed)`;
	return isResealed ? `${name} (sealed anew)` : name;
}
