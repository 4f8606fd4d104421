/**
 * A secret's versions as commands report them. Stable: other programs rely on it.
 */

import type { EnvironmentState } from "../../vault/chains/membership.ts";
import { authorName, type RecordSource, type SecretHistory } from "../../vault/records/secret-history.ts";

/** The first place of each kind; null where it was not there. */
export interface FoundIn {
	file: boolean;
	/** Short id of the first commit that has it. */
	commit: string | null;
	/** The first revision of the platform's log that has it. */
	revision: number | null;
}

/** A member by name; `member` is false for somebody who was removed. */
type By = { name: string; member: boolean } | null;

interface VersionRow {
	version: number;
	kind: "set" | "deleted";
	/** Null where nobody of that key ever was a member. */
	by: By;
	/** Whether only a record was found that seals an older value anew: `by` may then be who did that. */
	resealed: boolean;
	/** Author's date of that commit; not checked by anything. */
	committedAt: string | null;
	/** When the platform says that it received that revision. */
	receivedAt: string | null;
	found: FoundIn;
}

interface RefusedRow {
	version: number;
	kind: "set" | "deleted";
	/** Whom the record names. */
	by: By;
	found: FoundIn;
	code: string;
	reason: string;
}

export interface HistoryDescription {
	/** Newest first. */
	versions: VersionRow[];
	/** Records that were found and do not count. */
	refused: RefusedRow[];
}

export function foundIn(sources: readonly RecordSource[]): FoundIn {
	const found: FoundIn = { file: false, commit: null, revision: null };
	for (const source of sources) {
		if (source.in === "file") found.file = true;
		else if (source.in === "git") found.commit = source.commit;
		else found.revision = source.revision;
	}
	return found;
}

/** Places in a sentence. */
export function placeWords({ commit, file, revision }: FoundIn): string {
	const words = [
		file ? "file" : "",
		commit === null ? "" : `commit ${commit}`,
		revision === null ? "" : `revision ${revision}`,
	];
	return words.filter((word) => word !== "").join(", ");
}

function timeIn(sources: readonly RecordSource[], where: "git" | "platform"): string | null {
	for (const source of sources)
		if (source.in === where && source.atMs !== null) return new Date(source.atMs).toISOString();
	return null;
}

/** @param state the membership that names the authors */
export function describeHistory(history: SecretHistory, state: EnvironmentState): HistoryDescription {
	const byOf = (author: string): By => {
		const known = authorName(state, author);
		return known ? { name: known.name, member: known.isMember } : null;
	};
	const kindOf = (kind: "live" | "deleted") => (kind === "live" ? "set" : "deleted");
	return {
		versions: history.versions.map(({ author, isReencrypted, kind, sources, version }) => ({
			version,
			kind: kindOf(kind),
			by: byOf(author),
			resealed: isReencrypted,
			committedAt: timeIn(sources, "git"),
			receivedAt: timeIn(sources, "platform"),
			found: foundIn(sources),
		})),
		refused: history.rejected.map(({ code, sources, reason, record }) => ({
			version: record.version,
			kind: kindOf(record.kind),
			by: byOf(record.author),
			found: foundIn(sources),
			code,
			reason,
		})),
	};
}
