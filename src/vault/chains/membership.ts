/**
 * The chain of an environment: its members and its epochs. The keys are in `environment-keys.ts`.
 */
import { isBase64Text } from "../../bytes.ts";
import { HASH_BYTES, KEY_BYTES, SEAL_OVERHEAD_BYTES, SEALED_BOX_OVERHEAD_BYTES } from "../../crypto.ts";
import { LIMITS, malformed } from "../syntax/syntax.ts";
import { checkLink, type Link, linkHash, refusedLink } from "./chain.ts";
import { memberOf, type PublicMember, type RootState } from "./vault-chain.ts";

/** A `writer` may sign records and links. A `reader` can open records and may sign nothing. */
export type Role = "writer" | "reader";

export interface Member extends PublicMember {
	readonly role: Role;
}

/** One generation of the environment's key. Its id is `NUMBER.RANDOM`. */
export interface Epoch {
	readonly id: string;
	readonly number: number;
	/** Keyed commitment to the epoch's key, base64. */
	readonly commitment: string;
	/** The previous epoch's key, encrypted with this epoch's key; absent in the first epoch. */
	readonly previousKey?: string;
	/** The key sealed for each member, by the member's signing key. */
	readonly wraps: Map<string, string>;
	/** Everybody who was a writer at some time in this epoch. Their records of this epoch are valid. */
	readonly writers: Set<string>;
	/** The members whose removal started this epoch. */
	readonly removed: readonly Member[];
}

export interface EnvironmentState {
	readonly name: string;
	readonly vaultId: string;
	/** Hash of the first link, which the vault's chain contains. */
	readonly genesis: string;
	readonly head: string;
	readonly length: number;
	readonly members: ReadonlyMap<string, Member>;
	readonly epochs: ReadonlyMap<string, Epoch>;
	readonly epoch: Epoch;
}

/** A member who was removed and did not return, as before the last removal; undefined if nobody with this key was removed. */
export function removedMember(state: EnvironmentState, sign: string): Member | undefined {
	if (state.members.has(sign)) return undefined;
	return [...state.epochs.values()].flatMap(({ removed }) => removed).findLast((each) => each.sign === sign);
}

const EPOCH_ID = /^([1-9][0-9]{0,5})\.([A-Za-z0-9_-]{11})$/;
export const EPOCH_RANDOM_BYTES = 8;
const WRAP_BYTES = KEY_BYTES + SEALED_BOX_OVERHEAD_BYTES;
const PREVIOUS_KEY_BYTES = KEY_BYTES + SEAL_OVERHEAD_BYTES;

/** The last valid id. Most records of a vault have the same epoch, so this saves decoding it each time. */
let lastEpoch = { id: "", number: 0 };

/** The number in an epoch's id; undefined if the text is not such an id. */
export function epochNumber(id: string): number | undefined {
	if (id === lastEpoch.id && id !== "") return lastEpoch.number;
	const match = EPOCH_ID.exec(id);
	if (match?.[2] === undefined || !isBase64Text(match[2], EPOCH_RANDOM_BYTES)) return undefined;
	lastEpoch = { id, number: Number(match[1]) };
	return lastEpoch.number;
}

interface Draft {
	members: Map<string, Member>;
	epochs: Map<string, Epoch>;
	epoch: Epoch;
}

function genesisOf(name: string, link: Link): Draft {
	const [verb, environment, epochId, commitment, ...words] = link.change;
	const creator = memberOf(words);
	const wrap = words[3];
	if (verb !== "genesis" || link.change.length !== 8 || !creator || !wrap || !epochId || !commitment) {
		throw refusedLink(link, "does not begin an environment");
	}
	if (environment !== name) throw refusedLink(link, "begins another environment");
	if (
		epochNumber(epochId) !== 1 ||
		!isBase64Text(commitment, HASH_BYTES) ||
		!isBase64Text(wrap, WRAP_BYTES)
	) {
		throw refusedLink(link, "does not begin a first epoch");
	}
	if (creator.sign !== link.signer) throw refusedLink(link, "is not signed by the creator that it adds");
	const epoch: Epoch = {
		id: epochId,
		number: 1,
		commitment,
		wraps: new Map([[creator.sign, wrap]]),
		writers: new Set([creator.sign]),
		removed: [],
	};
	return {
		members: new Map([[creator.sign, { ...creator, role: "writer" }]]),
		epochs: new Map([[epoch.id, epoch]]),
		epoch,
	};
}

function applyAdd(draft: Draft, link: Link): void {
	const [, role, ...words] = link.change;
	const member = memberOf(words);
	const wrap = words[3];
	if (
		(role !== "writer" && role !== "reader") ||
		link.change.length !== 6 ||
		!member ||
		!wrap ||
		!isBase64Text(wrap, WRAP_BYTES)
	) {
		throw refusedLink(link, "does not describe a member correctly");
	}
	if (draft.members.has(member.sign)) throw refusedLink(link, "adds a member who is already there");
	for (const other of draft.members.values()) {
		if (other.name === member.name) throw refusedLink(link, `adds a second member named '${member.name}'`);
		if (other.box === member.box)
			throw refusedLink(link, `adds the encryption key of '${other.name}' a second time`);
	}
	if (draft.members.size >= LIMITS.membersPerEnvironment) {
		throw refusedLink(link, `exceeds the limit of ${LIMITS.membersPerEnvironment} members`);
	}
	draft.members.set(member.sign, { ...member, role });
	draft.epoch.wraps.set(member.sign, wrap);
	if (role === "writer") draft.epoch.writers.add(member.sign);
}

/** Whether the texts are in ascending order, without duplicates. */
function isStrictlySorted(texts: readonly string[]): boolean {
	return texts.every((text, index) => index === 0 || (texts[index - 1] ?? "") < text);
}

/** Parses the wraps of a new epoch: exactly one for each remaining member, sorted by signing key. */
function wrapsOf(link: Link, text: string, members: ReadonlyMap<string, Member>): Map<string, string> {
	const wraps = new Map<string, string>();
	const pairs = text.split(",");
	for (const pair of pairs) {
		const [key, wrap, ...more] = pair.split(":");
		if (
			key === undefined ||
			wrap === undefined ||
			more.length > 0 ||
			!members.has(key) ||
			!isBase64Text(wrap, WRAP_BYTES)
		) {
			throw refusedLink(link, "wraps the new key for somebody who is not a member");
		}
		wraps.set(key, wrap);
	}
	if (pairs.length !== members.size || wraps.size !== members.size || !isStrictlySorted([...wraps.keys()])) {
		throw refusedLink(link, "does not wrap the new key exactly once for every member, in order");
	}
	return wraps;
}

function applyEpoch(draft: Draft, link: Link): void {
	const [, id, commitment, previousKey, removed, wraps] = link.change;
	if (!id || !commitment || !previousKey || !removed || !wraps || link.change.length !== 6) {
		throw refusedLink(link, "does not describe an epoch correctly");
	}
	if (
		epochNumber(id) !== draft.epoch.number + 1 ||
		!isBase64Text(commitment, HASH_BYTES) ||
		!isBase64Text(previousKey, PREVIOUS_KEY_BYTES)
	) {
		throw refusedLink(link, "does not begin the next epoch");
	}
	const keys = removed === "-" ? [] : removed.split(",");
	if (!isStrictlySorted(keys)) throw refusedLink(link, "lists a removed member twice or out of order");
	if (keys.includes(link.signer)) throw refusedLink(link, "removes its own signer, who knows the new key");
	const gone = keys.map((key) => {
		const member = draft.members.get(key);
		if (!member || !draft.members.delete(key))
			throw refusedLink(link, "removes somebody who is not a member");
		return member;
	});
	const writers = new Set(
		[...draft.members.values()].filter((member) => member.role === "writer").map((member) => member.sign),
	);
	const number = draft.epoch.number + 1;
	const shared = { commitment, previousKey, wraps: wrapsOf(link, wraps, draft.members) };
	draft.epoch = { id, number, ...shared, writers, removed: gone };
	draft.epochs.set(id, draft.epoch);
}

/**
 * Verifies an environment's chain and returns its members and epochs.
 * @param root the verified vault's chain, which must contain the hash of the first link
 * @param line 1-based line of the section, for errors
 * @param pinned hashes of links that were verified before, as in `checkLink`
 * @throws AppError exit 7: `VAULT_ENVIRONMENT_UNKNOWN` if no owner created the environment, or a fault of the chain
 */
export function verifyEnvironment(
	root: RootState,
	name: string,
	links: readonly Link[],
	line: number,
	pinned: readonly string[] = [],
): EnvironmentState {
	const [genesis, ...rest] = links;
	if (!genesis) throw malformed("VAULT_MALFORMED", `environment '${name}' has no membership link.`, line);
	if (root.environments.get(name) !== linkHash(genesis)) {
		throw malformed(
			"VAULT_ENVIRONMENT_UNKNOWN",
			`no owner of the vault created environment '${name}' with this chain.`,
			genesis.line,
		);
	}
	const context = { vaultId: root.vaultId, environment: name };
	checkLink(context, undefined, genesis, pinned);
	const draft = genesisOf(name, genesis);
	let last = genesis;
	for (const link of rest) {
		checkLink(context, last, link, pinned);
		if (draft.members.get(link.signer)?.role !== "writer")
			throw refusedLink(link, "is signed by somebody who is not a writer");
		if (link.change[0] === "add") applyAdd(draft, link);
		else if (link.change[0] === "epoch") applyEpoch(draft, link);
		else throw refusedLink(link, "has a change that this version of Coffer does not know");
		last = link;
	}
	return {
		name,
		vaultId: root.vaultId,
		genesis: linkHash(genesis),
		head: linkHash(last),
		length: links.length,
		...draft,
	};
}
