/** The second reader: both chains, by docs/format.md, sections 3 to 5. */
import { bytesOf, fields, linkHash, verifies } from "../primitives.ts";
import { Fault } from "./fault.ts";
import { epochNumber, type Link, type Section, type VaultText } from "./syntax.ts";

interface Member {
	readonly sign: string;
	readonly box: string;
	readonly name: string;
}

export interface Epoch {
	readonly id: string;
	readonly commitment: string;
	readonly previousKey: string;
	/** The members at its end, by signing key. */
	readonly wraps: Map<string, string>;
	/** Everybody who was a writer at some moment of it. */
	readonly writers: Set<string>;
}

/** The content of an environment's chain. */
export interface Membership {
	readonly members: Map<string, Member & { readonly role: string }>;
	/** The oldest first. */
	readonly epochs: Epoch[];
}

function refuse(link: Link): never {
	throw new Fault("VAULT_LINK_REFUSED", link.line);
}

/** Index, previous hash and signature of a link. */
function check(link: Link, before: Link | undefined, vaultId: string, environment: string): void {
	const index = before ? before.index + 1 : 0;
	if (link.index !== index || link.previous !== (before ? linkHash(before.text) : "-"))
		throw new Fault("VAULT_CHAIN_BROKEN", link.line);
	const unsigned = link.text.slice(0, link.text.lastIndexOf(" "));
	const content = fields("coffer/link/1", vaultId, environment, unsigned);
	const [signature, key] = [bytesOf(link.signature, 64), bytesOf(link.signer, 32)];
	if (!signature || !key || !verifies(signature, content, key))
		throw new Fault("VAULT_LINK_FORGED", link.line);
}

function memberOf(link: Link, words: readonly string[]): Member {
	const [sign = "", box = "", name = ""] = words;
	const formed = bytesOf(sign, 32) && bytesOf(box, 32) && /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/.test(name);
	return formed ? { sign, box, name } : refuse(link);
}

function requireNew(link: Link, member: Member, others: Iterable<Member>): void {
	for (const other of others)
		if (other.sign === member.sign || other.box === member.box || other.name === member.name) refuse(link);
}

type Owners = Map<string, Member>;
type Environments = Map<string, string>;

function changeVault(link: Link, owners: Owners, environments: Environments): void {
	const [verb, first = "", second] = link.change;
	const count = link.change.length;
	if (verb === "create" && count === 3) {
		const named = /^[a-z0-9][a-z0-9-]{0,62}$/.test(first) && second !== undefined && bytesOf(second, 32);
		if (!named || environments.has(first) || environments.size === 100) refuse(link);
		else environments.set(first, second);
	} else if (verb === "delete" && count === 2) {
		if (!environments.delete(first)) refuse(link);
	} else if (verb === "admit" && count === 4) {
		const owner = memberOf(link, link.change.slice(1));
		requireNew(link, owner, owners.values());
		if (owners.size === 256) refuse(link);
		owners.set(owner.sign, owner);
	} else if (verb === "expel" && count === 2) {
		if (!owners.delete(first) || owners.size === 0) refuse(link);
	} else refuse(link);
}

/** Verifies the vault's chain. @returns the hash of each environment's first link, by name */
export function readVaultChain({ id, links }: VaultText): Environments {
	const [genesis, ...rest] = links as [Link, ...Link[]];
	check(genesis, undefined, "", "");
	const [verb, salt = "", ...words] = genesis.change;
	if (verb !== "genesis" || words.length !== 3 || !bytesOf(salt, 16)) refuse(genesis);
	const first = memberOf(genesis, words);
	if (first.sign !== genesis.signer) refuse(genesis);
	if (linkHash(genesis.text) !== id) throw new Fault("VAULT_ID_MISMATCH", genesis.line);
	const owners: Owners = new Map([[first.sign, first]]);
	const environments: Environments = new Map();
	for (const [index, link] of rest.entries()) {
		check(link, links[index], id, "");
		if (!owners.has(link.signer)) refuse(link);
		changeVault(link, owners, environments);
	}
	return environments;
}

function begin(link: Link, environment: string): Membership {
	const [verb, name, id = "", commitment = "", ...words] = link.change;
	const wrap = words[3] ?? "";
	const formed = epochNumber(id) === 1 && bytesOf(commitment, 32) && bytesOf(wrap, 80);
	if (verb !== "genesis" || words.length !== 4 || name !== environment || !formed) refuse(link);
	const creator = { ...memberOf(link, words), role: "writer" };
	if (creator.sign !== link.signer) refuse(link);
	const [wraps, writers] = [new Map([[creator.sign, wrap]]), new Set([creator.sign])];
	const epoch = { id, commitment, previousKey: "", wraps, writers };
	return { members: new Map([[creator.sign, creator]]), epochs: [epoch] };
}

function add(link: Link, { members, epochs }: Membership): void {
	const [, role = "", ...words] = link.change;
	const wrap = words[3] ?? "";
	if (words.length !== 4 || !["writer", "reader"].includes(role) || !bytesOf(wrap, 80)) refuse(link);
	const member = memberOf(link, words);
	requireNew(link, member, members.values());
	if (members.size === 256) refuse(link);
	members.set(member.sign, { ...member, role });
	epochs.at(-1)?.wraps.set(member.sign, wrap);
	if (role === "writer") epochs.at(-1)?.writers.add(member.sign);
}

const rises = (texts: readonly string[]) =>
	texts.every((text, index) => index === 0 || (texts[index - 1] as string) < text);

function turn(link: Link, { members, epochs }: Membership): void {
	const [, id = "", commitment = "", previousKey = "", removed = "", wraps = ""] = link.change;
	const number = (epochNumber(epochs.at(-1)?.id) ?? 0) + 1;
	const formed = epochNumber(id) === number && bytesOf(commitment, 32) && bytesOf(previousKey, 72);
	if (link.change.length !== 6 || !formed) refuse(link);
	const removedKeys = removed === "-" ? [] : removed.split(",");
	if (!rises(removedKeys) || removedKeys.includes(link.signer)) refuse(link);
	for (const sign of removedKeys) if (!members.delete(sign)) refuse(link);
	const pairs = wraps.split(",").map((pair) => pair.split(":"));
	const keys = pairs.map(([sign = ""]) => sign);
	const isComplete = pairs.every(([, wrap, ...more]) => more.length === 0 && bytesOf(wrap, 80));
	if (!isComplete || !rises(keys) || keys.length !== members.size || !keys.every((key) => members.has(key)))
		refuse(link);
	const writers = new Set(keys.filter((key) => members.get(key)?.role === "writer"));
	const opened = new Map(pairs.map(([sign = "", wrap = ""]) => [sign, wrap]));
	epochs.push({ id, commitment, previousKey, wraps: opened, writers });
}

/** Verifies an environment's chain. @param genesis the hash of its first link, by the vault's chain */
export function readChain(
	{ name, links }: Section,
	vaultId: string,
	genesis: string | undefined,
): Membership {
	const [first, ...rest] = links as [Link, ...Link[]];
	if (linkHash(first.text) !== genesis) throw new Fault("VAULT_ENVIRONMENT_UNKNOWN", first.line);
	check(first, undefined, vaultId, name);
	const membership = begin(first, name);
	for (const [index, link] of rest.entries()) {
		check(link, links[index], vaultId, name);
		if (membership.members.get(link.signer)?.role !== "writer") refuse(link);
		if (link.change[0] === "add") add(link, membership);
		else if (link.change[0] === "epoch") turn(link, membership);
		else refuse(link);
	}
	return membership;
}
