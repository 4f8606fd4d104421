/**
 * Creates vaults, environments and members: the functions that write to the chains. They need random bytes and no
 * other input or output.
 */

import { wipe } from "../../bytes.ts";
import { KEY_BYTES } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { type Link, linkHash, makeLink } from "../chains/chain.ts";
import {
	commitmentOf,
	type EnvironmentKeys,
	newEnvironmentKey,
	newEpochId,
	wrapKey,
} from "../chains/environment-keys.ts";
import type { EnvironmentState, Role } from "../chains/membership.ts";
import { makeCreateEnvironment, makeGenesis, type PublicMember } from "../chains/vault-chain.ts";
import type { Author } from "../records/seal.ts";
import { isMemberName } from "../syntax/syntax.ts";
import type { EnvironmentSection, VaultDocument } from "./document.ts";

/** Makes an environment's first link. It names the creator as the first writer and wraps a new key for the creator. */
function makeEnvironmentGenesis(vaultId: string, name: string, creator: PublicMember, author: Author): Link {
	const key = newEnvironmentKey();
	const epoch = newEpochId(1);
	const commitment = commitmentOf(key, vaultId, name, epoch);
	const change = [
		"genesis",
		name,
		epoch,
		commitment,
		creator.sign,
		creator.box,
		creator.name,
		wrapKey(key, creator.box),
	];
	wipe(key);
	return makeLink({ vaultId, environment: name }, undefined, change, author.signing);
}

/** Adds an environment to a vault. The author must own the vault; if not, `verifyRoot` rejects the result. */
export function createEnvironment(
	document: VaultDocument,
	name: string,
	creator: PublicMember,
	author: Author,
): VaultDocument {
	const last = document.links.at(-1);
	if (!last) throw new TypeError("A vault has a genesis link.");
	const genesis = makeEnvironmentGenesis(document.vaultId, name, creator, author);
	const created = makeCreateEnvironment(document.vaultId, last, name, linkHash(genesis), author.signing);
	const section: EnvironmentSection = { name, line: 0, links: [genesis], records: new Map() };
	return {
		...document,
		links: [...document.links, created],
		environments: new Map(document.environments).set(name, section),
	};
}

/** @throws AppError `MEMBER_NAME_INVALID` (exit 2) */
function requireMemberName(name: string): void {
	if (isMemberName(name)) return;
	throw new AppError({
		code: "MEMBER_NAME_INVALID",
		message: "A member's name has 1 to 64 letters, digits and . _ @ + -, and begins with a letter or digit.",
		hint: "Use a name such as alice@laptop.",
		exit: EXIT.usage,
	});
}

/** Makes a new vault with one environment and no secrets. @throws AppError `MEMBER_NAME_INVALID` (exit 2) */
export function createVault(environment: string, creator: PublicMember, author: Author): VaultDocument {
	requireMemberName(creator.name);
	const genesis = makeGenesis(creator, author.signing);
	const empty: VaultDocument = { vaultId: linkHash(genesis), links: [genesis], environments: new Map() };
	return createEnvironment(empty, environment, creator, author);
}

/**
 * Makes the link that adds a member to an environment. The link contains the current key, wrapped for the new member.
 * @throws AppError `MEMBER_NAME_INVALID`, `MEMBER_KEY_INVALID` (exit 2), `MEMBER_EXISTS` (exit 5), `NOT_A_WRITER` (exit 3)
 */
export function makeAddMember(
	state: EnvironmentState,
	last: Link,
	keys: EnvironmentKeys,
	author: Author,
	added: PublicMember & { role: Role },
): Link {
	requireWriter(state, author);
	requireMemberName(added.name);
	const taken = [...state.members.values()].find(
		(member) => member.sign === added.sign || member.box === added.box || member.name === added.name,
	);
	if (taken) {
		throw new AppError({
			code: "MEMBER_EXISTS",
			message: `'${taken.name}' is already a ${taken.role} of environment '${state.name}'.`,
			hint:
				taken.sign === added.sign
					? "That member has the same key, and a key can be a member only once. To change the role: coffer members role NAME ROLE. To change the name, remove the member first."
					: "Choose another name for the new member.",
			exit: EXIT.conflict,
		});
	}
	if (keys.key.length !== KEY_BYTES) throw new TypeError("An environment key has 32 bytes.");
	const change = ["add", added.role, added.sign, added.box, added.name, wrapKey(keys.key, added.box)];
	return makeLink({ vaultId: state.vaultId, environment: state.name }, last, change, author.signing);
}

/** @throws AppError `NOT_A_WRITER` (exit 3) if the author is not a writer of this environment */
export function requireWriter(state: EnvironmentState, author: Pick<Author, "publicKeys">): void {
	const member = state.members.get(author.publicKeys.sign);
	if (member?.role === "writer") return;
	throw new AppError({
		code: "NOT_A_WRITER",
		message: `This device's identity ${member ? "can only read" : "is not a member of"} environment '${state.name}'.`,
		hint: "Ask a writer of the environment to make the change or to add you as a writer.",
		exit: EXIT.unauthorised,
	});
}
