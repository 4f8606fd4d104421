/** Makes a secret's history from several states of a vault, which stand for commits or log entries. */

import { openKeys } from "../../src/vault/chains/environment-keys.ts";
import type { VaultDocument } from "../../src/vault/document/document.ts";
import { verifyChains } from "../../src/vault/document/document.ts";
import { MembershipHistory } from "../../src/vault/document/membership-history.ts";
import { hasVersionMark, type Pin, type VersionMark } from "../../src/vault/document/version-marks.ts";
import { openRecord } from "../../src/vault/records/seal.ts";
import { type FoundRecord, historyOf, type SecretHistory } from "../../src/vault/records/secret-history.ts";
import { alice, PRODUCTION } from "./maker.ts";

export interface Seen {
	/** Earliest first. */
	readonly commits?: readonly VaultDocument[];
	/** Whether a log proves that the states are from before a removal. */
	readonly logged?: readonly VaultDocument[];
	readonly marks?: ReadonlyMap<string, VersionMark>;
	readonly pin?: Pin;
}

/** The membership history that begins with the file, and what it says about other states. */
export function lineageOf(file: VaultDocument, pin?: Pin) {
	const verified = verifyChains(file, PRODUCTION);
	const lineage = new MembershipHistory(verified, file.links, pin);
	const stateOf = ({ vaultId, links, environments }: VaultDocument) => {
		const environment = environments.get(PRODUCTION)?.links ?? [];
		return lineage.stateOf({ vaultId, vault: links, environment });
	};
	return { verified, lineage, stateOf };
}

/** The history of A, as alice sees it. */
export function historyIn(file: VaultDocument, seen: Seen = {}): SecretHistory {
	const { verified, lineage, stateOf } = lineageOf(file, seen.pin);
	const keys = openKeys(verified.state, alice);
	const sightings: FoundRecord[] = [];
	const record = verified.section.records.get("A");
	if (record) sightings.push({ record, source: { in: "file" }, state: verified.state });
	for (const [index, document] of (seen.commits ?? []).entries()) {
		const found = document.environments.get(PRODUCTION)?.records.get("A");
		const place = { in: "git", commit: `c${index}`, atMs: index * 1000 } as const;
		if (found) sightings.push({ record: found, source: place, state: stateOf(document) });
	}
	for (const [index, document] of (seen.logged ?? []).entries()) {
		const found = document.environments.get(PRODUCTION)?.records.get("A");
		const place = { in: "platform", revision: index + 1, atMs: null } as const;
		if (found)
			sightings.push({ record: found, source: place, state: stateOf(document), predatesRemoval: true });
	}
	return historyOf(sightings, {
		newest: lineage.newest,
		hasVersionMark: (each) => hasVersionMark(seen.marks ?? new Map(), each),
		open: (each) => openRecord(verified.state, keys, each),
	});
}

/** The versions with their authors, as short texts. */
export function inShort({ versions }: SecretHistory): string[] {
	return versions.map(({ version, kind }) => `v${version} ${kind}`);
}

export function codesOf({ rejected: refused }: SecretHistory): string[] {
	return refused.map(({ code, record }) => `v${record.version} ${code}`);
}
