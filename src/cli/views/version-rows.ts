/** The report of a secret's versions. Stable: other programs rely on it. */

import type { EnvironmentState } from "../../vault/chains/membership.ts";
import { authorName, type RecordSource, type SecretHistory } from "../../vault/records/secret-history.ts";

/** The places in which a version was found: the first of each kind, or null. */
export interface FoundIn {
	file: boolean;
	/** The short id of the first commit that contains it. */
	commit: string | null;
	/** The first revision of the platform's log that contains it. */
	revision: number | null;
}

/** The author of a version; `member` is false if the author was removed. */
type By = { name: string; member: boolean } | null;

interface VersionRow {
	version: number;
	kind: "set" | "deleted";
	/** Null if no member ever had that key. */
	by: By;
	/** Whether only a re-encrypted record was found. Then `by` may be the member who re-encrypted it. */
	resealed: boolean;
	/** The author's date of that commit, which nothing verifies. */
	committedAt: string | null;
	/** When the platform received that revision, by its own clock. */
	receivedAt: string | null;
	found: FoundIn;
}

interface RefusedRow {
	version: number;
	kind: "set" | "deleted";
	/** The author that the record claims. */
	by: By;
	found: FoundIn;
	code: string;
	reason: string;
}

export interface HistoryDescription {
	/** Newest first. */
	versions: VersionRow[];
	/** Records that were found and are not valid. */
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

/** The places as a text. */
export function describeLocation({ commit, file, revision }: FoundIn): string {
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

/** @param state the membership that gives the authors' names */
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
