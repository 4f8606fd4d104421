/** Lists what a sync would send, without asking the platform. */

import type { PlatformMemory } from "../../project/memory/device-state.ts";
import type { VaultSession } from "../../project/session/session.ts";
import { headerId, isMiscounted, pick, unagreedNames } from "../../project/session/sync-state.ts";
import { type Link, linkHash } from "../../vault/chains/chain.ts";
import { mergeRecords } from "../../vault/merge/merge-records.ts";
import type { SealedRecord } from "../../vault/records/record.ts";

export interface Outgoing {
	readonly records: readonly SealedRecord[];
	readonly sendHeader: boolean;
	readonly rolledBack: readonly string[];
	/** Whether only the whole log can tell how some records compare with it. */
	readonly isUnsure: boolean;
}

/** Whether the file has the agreed membership. It does not after an undo that the user accepted. */
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
 * What waits to be sent, without asking the platform. A new epoch and everything with it waits if the platform has newer
 * records than the file: they would be of an earlier epoch, and nobody could read the log if their author was removed.
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
	const isUnsure = isOlder || send.some((record) => isMiscounted(memory, record));
	return {
		records: waits ? [] : send,
		sendHeader: !isOlder && !waits && headerId(verified) !== memory.header,
		rolledBack,
		isUnsure,
	};
}
