/** Lists the records that a sync would send. Makes no request. */

import type { PlatformMemory } from "../../project/memory/device-state.ts";
import type { VaultSession } from "../../project/session/session.ts";
import { headerId, needsHigherVersion, pick, unagreedNames } from "../../project/session/sync-state.ts";
import { type Link, linkHash } from "../../vault/chains/chain.ts";
import { mergeRecords } from "../../vault/merge/merge-records.ts";
import type { SealedRecord } from "../../vault/records/record.ts";

export interface Outgoing {
	readonly records: readonly SealedRecord[];
	readonly sendHeader: boolean;
	readonly rolledBack: readonly string[];
	/** Whether some records can be compared with the log only if the whole log is read. */
	readonly isUnsure: boolean;
}

/** Whether the file has the agreed membership. After an undo that the user accepted, it does not. */
function hasHeader({ vaultLinks, verified }: VaultSession, header: string): boolean {
	const [vault, environment] = header.split(" ");
	if (!vault || !environment) return true;
	const has = (links: readonly Link[], head: string) => links.some((link) => linkHash(link) === head);
	return has(vaultLinks, vault) && has(verified.section.links, environment);
}

/**
 * Whether the file began epochs since the agreed membership. A removed member's records are not valid after that, so
 * the platform must get the epoch and its records together.
 */
function beganEpoch({ verified }: VaultSession, header: string): boolean {
	const [, agreed] = header.split(" ");
	const { links } = verified.section;
	const since = links.slice(links.findIndex((link) => linkHash(link) === agreed) + 1);
	return since.some(({ change: [verb] }) => verb === "epoch");
}

/**
 * The records that are pending. Makes no request. If the platform has newer records than the file, a new epoch and its
 * records are held back: the newer records would be of an earlier epoch, and if their author was removed, no client
 * could read the log.
 */
export function outgoing(session: VaultSession, memory: PlatformMemory): Outgoing {
	const { verified } = session;
	const names = unagreedNames(session.snapshot, memory);
	const sides = {
		ours: pick(verified.section.records, names),
		theirs: new Map(),
		base: pick(memory.base, names),
		sameValue: () => false,
		isReencrypted: () => false,
	};
	const { send, rolledBack } = mergeRecords(sides);
	const waits = rolledBack.length > 0 && beganEpoch(session, memory.header);
	const isOlder = session.membershipOlder || !hasHeader(session, memory.header);
	const isUnsure = isOlder || send.some((record) => needsHigherVersion(memory, record));
	return {
		records: waits ? [] : send,
		sendHeader: !isOlder && !waits && headerId(verified) !== memory.header,
		rolledBack,
		isUnsure,
	};
}
