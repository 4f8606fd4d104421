/**
 * The vault's own chain, which is the root of trust: its first link (the genesis), whose hash is the vault id, the
 * owners, and the environments that the owners created and deleted.
 */
import { isBase64Text } from "../../bytes.ts";
import { HASH_BYTES, type KeyPair, PUBLIC_KEY_BYTES, randomBytes, toBase64 } from "../../crypto.ts";
import { isEnvironmentName, isMemberName, LIMITS, malformed } from "../syntax/syntax.ts";
import { type ChainContext, checkLink, type Link, linkHash, makeLink, refusedLink } from "./chain.ts";

/** The public keys of an identity, with the name of the member. */
export interface PublicMember {
	/** Ed25519 public key, base64. */
	readonly sign: string;
	/** X25519 public key, base64. */
	readonly box: string;
	readonly name: string;
}

export interface RootState {
	readonly vaultId: string;
	/** Hash of the last link. */
	readonly head: string;
	readonly length: number;
	/** The owners, who may append to this chain, by signing key. */
	readonly owners: ReadonlyMap<string, PublicMember>;
	/** The hash of the first link of every existing environment, by name. */
	readonly environments: ReadonlyMap<string, string>;
}

const SALT_BYTES = 16;

/** Parses the three words of a member in a link; undefined if they are not well formed. */
export function memberOf(words: readonly (string | undefined)[]): PublicMember | undefined {
	const [sign, box, name] = words;
	if (sign === undefined || box === undefined || name === undefined) return undefined;
	if (!isBase64Text(sign, PUBLIC_KEY_BYTES) || !isBase64Text(box, PUBLIC_KEY_BYTES) || !isMemberName(name))
		return undefined;
	return { sign, box, name };
}

/** Makes the genesis link of a new vault. */
export function makeGenesis(creator: PublicMember, signing: KeyPair): Link {
	const change = ["genesis", toBase64(randomBytes(SALT_BYTES)), creator.sign, creator.box, creator.name];
	return makeLink({ vaultId: "", environment: "" }, undefined, change, signing);
}

/** Makes the link that creates an environment. @param genesis hash of the environment's first link */
export function makeCreateEnvironment(
	vaultId: string,
	last: Link,
	name: string,
	genesis: string,
	signing: KeyPair,
): Link {
	return makeLink({ vaultId, environment: "" }, last, ["create", name, genesis], signing);
}

/** Makes the link that deletes an environment. */
export function makeDeleteEnvironment(vaultId: string, last: Link, name: string, signing: KeyPair): Link {
	return makeLink({ vaultId, environment: "" }, last, ["delete", name], signing);
}

/** Makes the link that adds an owner. */
export function makeAdmit(vaultId: string, last: Link, owner: PublicMember, signing: KeyPair): Link {
	return makeLink({ vaultId, environment: "" }, last, ["admit", owner.sign, owner.box, owner.name], signing);
}

/** Makes the link that removes an owner. @param sign the owner's signing key */
export function makeExpel(vaultId: string, last: Link, sign: string, signing: KeyPair): Link {
	return makeLink({ vaultId, environment: "" }, last, ["expel", sign], signing);
}

interface Draft {
	owners: Map<string, PublicMember>;
	environments: Map<string, string>;
}

function genesisOf(link: Link): PublicMember {
	const [verb, salt, ...words] = link.change;
	const creator = memberOf(words);
	if (
		verb !== "genesis" ||
		link.change.length !== 5 ||
		salt === undefined ||
		!isBase64Text(salt, SALT_BYTES) ||
		!creator
	) {
		throw refusedLink(link, "is not a genesis link");
	}
	if (creator.sign !== link.signer) throw refusedLink(link, "is not signed by the creator that it adds");
	return creator;
}

function apply(draft: Draft, link: Link): void {
	const [verb, ...words] = link.change;
	const [first, second] = words;
	if (verb === "create" && words.length === 2 && first !== undefined && second !== undefined) {
		if (!isEnvironmentName(first) || !isBase64Text(second, HASH_BYTES))
			throw refusedLink(link, "has an invalid name or hash of an environment");
		if (draft.environments.has(first)) throw refusedLink(link, `creates '${first}', which already exists`);
		if (draft.environments.size >= LIMITS.environments)
			throw refusedLink(link, `exceeds the limit of ${LIMITS.environments} environments`);
		draft.environments.set(first, second);
	} else if (verb === "delete" && words.length === 1 && first !== undefined) {
		if (!draft.environments.delete(first))
			throw refusedLink(link, "deletes an environment that does not exist");
	} else if (verb === "admit" && words.length === 3) {
		const owner = memberOf(words);
		if (!owner || draft.owners.has(owner.sign)) throw refusedLink(link, "does not add a new owner");
		if ([...draft.owners.values()].some((other) => other.name === owner.name || other.box === owner.box)) {
			throw refusedLink(link, "adds an owner with the name or the encryption key of another owner");
		}
		if (draft.owners.size >= LIMITS.owners)
			throw refusedLink(link, `exceeds the limit of ${LIMITS.owners} owners`);
		draft.owners.set(owner.sign, owner);
	} else if (verb === "expel" && words.length === 1 && first !== undefined) {
		if (!draft.owners.delete(first)) throw refusedLink(link, "removes somebody who is not an owner");
		if (draft.owners.size === 0) throw refusedLink(link, "removes the vault's last owner");
	} else {
		throw refusedLink(link, "has a change that this version of Coffer does not know");
	}
}

/**
 * Verifies the vault's chain from its genesis and returns its owners and environments.
 * @param vaultId the id in the file's first line, which must be the hash of the genesis
 * @param pinned hashes of links that were verified before, as in `checkLink`
 * @throws AppError exit 7: `VAULT_ID_MISMATCH`, or one of the chain's own faults
 */
export function verifyRoot(
	vaultId: string,
	links: readonly Link[],
	pinned: readonly string[] = [],
): RootState {
	const [genesis, ...rest] = links;
	if (!genesis) throw malformed("VAULT_MALFORMED", "the vault has no genesis link.", 1);
	checkLink({ vaultId: "", environment: "" }, undefined, genesis, pinned);
	const creator = genesisOf(genesis);
	if (linkHash(genesis) !== vaultId) {
		throw malformed("VAULT_ID_MISMATCH", "the vault's id is not the hash of its genesis link.", genesis.line);
	}
	const context: ChainContext = { vaultId, environment: "" };
	const draft: Draft = { owners: new Map([[creator.sign, creator]]), environments: new Map() };
	let last = genesis;
	for (const link of rest) {
		checkLink(context, last, link, pinned);
		if (!draft.owners.has(link.signer))
			throw refusedLink(link, "is signed by somebody who is not an owner of the vault");
		apply(draft, link);
		last = link;
	}
	return { vaultId, head: linkHash(last), length: links.length, ...draft };
}
