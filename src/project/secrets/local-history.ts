/** Finds the versions of one secret on this device: in the file, and in git's history of the file. */
import { AppError } from "../../errors.ts";
import { parseVault } from "../../vault/document/format.ts";
import { MembershipHistory } from "../../vault/document/membership-history.ts";
import { hasVersionMark } from "../../vault/document/version-marks.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import { openRecord } from "../../vault/records/seal.ts";
import type { FoundRecord } from "../../vault/records/secret-history.ts";
import { VAULT_FILE } from "../files/project-root.ts";
import { type Commit, type HistoryOf, readVaultHistory } from "../git/history/vault-commits.ts";
import type { GitContext } from "../git/run.ts";
import type { VaultSession } from "../session/session.ts";

/** The records found in one source, and a description of the search. */
export interface Search {
	readonly sightings: readonly FoundRecord[];
	/** Names the source, as a phrase. */
	readonly looked: string;
	/** Sentences about what could not be searched, and why. */
	readonly notes: readonly string[];
}

/** The membership histories of a session's environment; the file's first. */
export function lineageOf(session: VaultSession): MembershipHistory {
	return new MembershipHistory(session.verified, session.vaultLinks, session.memory.pin);
}

/** The rules by which a session accepts records: its keys, and the records that this device has verified before. */
export function historyRulesOf(session: VaultSession, lineage: MembershipHistory) {
	const { keys, memory, verified } = session;
	return {
		newest: lineage.newest,
		hasVersionMark: (record: SealedRecord) => hasVersionMark(memory.marks, record),
		open: (record: SealedRecord) => openRecord(verified.state, keys, record),
	};
}

/** The record that the file has now. */
export function searchFile(session: VaultSession, name: string): Search {
	const { section, state } = session.verified;
	const record = section.records.get(name);
	const sightings: FoundRecord[] = record ? [{ record, source: { in: "file" }, state }] : [];
	return { sightings, looked: VAULT_FILE, notes: [] };
}

/** Counts texts in git that are not a version of this vault, and reports them in one sentence. */
class Skipped {
	#count = 0;
	#first = "";

	add(commit: Commit, why: string): void {
		if (this.#count === 0) this.#first = `${commit.id}: ${why}`;
		this.#count++;
	}

	notes(): string[] {
		if (this.#count === 0) return [];
		const texts = this.#count === 1 ? "One text" : `${this.#count} texts`;
		return [
			`${texts} of ${VAULT_FILE} in git cannot be read as this vault (first in commit ${this.#first}).`,
		];
	}
}

/** Why a text is not this vault, in a few words. */
function whyNot(error: AppError): string {
	const line = error.line === undefined ? "" : `, line ${error.line}`;
	return `${error.code}${line}`;
}

/**
 * The records of a name in git's history. Each distinct text is read once.
 * @throws AppError `GIT_FAILED` (exit 1)
 */
export async function searchGit(
	place: GitContext,
	session: VaultSession,
	lineage: MembershipHistory,
	name: string,
	from: HistoryOf = "head",
): Promise<Search> {
	const { environment, vaultId } = session.place;
	const sightings: FoundRecord[] = [];
	const skipped = new Skipped();
	const visit = (commit: Commit, text: string | undefined) => {
		if (text === undefined) return skipped.add(commit, "not UTF-8");
		let document: ReturnType<typeof parseVault>;
		try {
			document = parseVault(text);
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			return skipped.add(commit, whyNot(error));
		}
		if (document.vaultId !== vaultId) return skipped.add(commit, "another vault");
		const section = document.environments.get(environment);
		const record = section?.records.get(name);
		if (!section || !record) return;
		const state = lineage.stateOf({ vaultId, vault: document.links, environment: section.links });
		sightings.push({ record, source: { in: "git", commit: commit.id, atMs: commit.atMs }, state });
	};
	try {
		const { commits, notes } = await readVaultHistory(place, visit, from, vaultId);
		const looked =
			commits === undefined
				? "git (no history)"
				: `git (${commits} ${commits === 1 ? "commit" : "commits"} of ${VAULT_FILE})`;
		return { sightings, looked, notes: [...notes, ...skipped.notes()] };
	} catch (error) {
		if (!(error instanceof AppError) || error.code !== "GIT_NOT_FOUND") throw error;
		return { sightings: [], looked: "git (not installed)", notes: [error.message] };
	}
}
