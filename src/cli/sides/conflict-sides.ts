/** Describes the two sides of a conflict: the author, the version and the date of each. Never shows a value. */
import { AppError } from "../../errors.ts";
import { commitDatesOf } from "../../project/git/history/record-dates.ts";
import type { ReadVault } from "../../project/read-conflict.ts";
import type { EnvironmentState } from "../../vault/chains/membership.ts";
import { type VaultDocument, verifyChains } from "../../vault/document/document.ts";
import type { Side } from "../../vault/merge/merge-vaults.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import { authorName } from "../../vault/records/secret-history.ts";
import { formatMinute } from "../context/instant.ts";
import { inheritedEnvironment } from "../shell/process-environment.ts";

/** A secret in conflict. */
interface Conflicted {
	readonly environment: string;
	readonly name: string;
}

/** Describes one side of a conflict: `v3 by ben@desk, 2026-11-28 09:26 UTC`. */
export type DescribeSide = (secret: Conflicted, side: Side) => string;

function recordOf(document: VaultDocument, { environment, name }: Conflicted): SealedRecord | undefined {
	return document.environments.get(environment)?.records.get(name);
}

/** The name of a record's author, with a note if the author is no longer a member. */
export function authorWords(state: EnvironmentState, record: SealedRecord): string {
	const author = authorName(state, record.author);
	if (!author) return "an unknown author";
	return author.isMember ? author.name : `${author.name} (removed)`;
}

/** `v3 by ben@desk, 2026-11-28 09:26 UTC`. @param when the date, or the reason why there is none */
export function formatSide(
	{ version, kind }: Pick<SealedRecord, "version" | "kind">,
	by: string,
	when: string,
): string {
	return `v${version}${kind === "deleted" ? ", deleted," : ""} by ${by}, ${when}`;
}

/** The date of a record's first commit, or a note that no commit has it. @param dates the result of `commitDates` */
export function commitWords(dates: ReadonlyMap<string, number>, record: SealedRecord): string {
	const atMs = dates.get(record.body);
	return atMs === undefined ? "not committed yet" : formatMinute(new Date(atMs).toISOString());
}

/**
 * The dates of records by their bodies; empty if git cannot run.
 * @param root the project's folder
 */
export async function commitDates(
	root: string,
	records: readonly SealedRecord[],
): Promise<ReadonlyMap<string, number>> {
	const place = { folder: root, variables: inheritedEnvironment() };
	try {
		return await commitDatesOf(
			place,
			records.map(({ body }) => body),
		);
	} catch (error) {
		if (error instanceof AppError) return new Map();
		throw error;
	}
}

/**
 * Returns a function that describes each side. The date is the author's date of the first commit that has the
 * record; git does not verify it.
 * @param read the vault in conflict, with verified signatures
 */
export async function describeSides(
	root: string,
	read: ReadVault,
	secrets: readonly Conflicted[],
): Promise<DescribeSide> {
	const { conflict } = read;
	if (!conflict) return () => "";
	const both = (each: Conflicted) => [recordOf(conflict.ours, each), recordOf(conflict.theirs, each)];
	const dates = await commitDates(
		root,
		secrets.flatMap(both).filter((record) => record !== undefined),
	);
	return (each, side) => {
		const record = recordOf(conflict[side], each);
		if (!record) return "absent";
		const { state } = verifyChains(conflict[side], each.environment);
		return formatSide(record, authorWords(state, record), commitWords(dates, record));
	};
}
