/**
 * The members of an environment: who is in it, and how they come in.
 */
import { AppError, EXIT } from "../errors.ts";
import type { Link } from "../vault/chain.ts";
import { makeAddMember } from "../vault/create.ts";
import { type VaultDocument, withSection } from "../vault/document.ts";
import type { Member } from "../vault/membership.ts";
import { makeAdmit, type PublicMember, type RootState } from "../vault/root.ts";
import { requireEditable } from "./secrets.ts";
import { openSession, type SessionContext, type VaultSession } from "./session.ts";
import { editVault } from "./vault-file.ts";

/** A change of the members, as it stands in the vault. */
export interface MemberAdded {
	/** Whether the new member owns the vault now. */
	readonly owner: boolean;
	readonly warnings: readonly string[];
}

/** The last link of a chain. */
export function lastLink(links: readonly Link[]): Link {
	const last = links.at(-1);
	if (!last) throw new TypeError("A chain has a first link.");
	return last;
}

/**
 * @throws AppError `NOT_A_WRITER` (exit 3); `EPOCH_OLDER`, `MEMBERSHIP_OLDER` (exit 7) where this device has seen links
 *   that the file lacks: a link that is made now would fork the chain
 */
export function requireNewest(session: VaultSession): void {
	requireEditable(session);
	if (!session.membershipOlder) return;
	throw new AppError({
		code: "MEMBERSHIP_OLDER",
		message: `The membership of environment '${session.place.environment}' in this file is older than this device has seen.`,
		hint: "Nothing was changed. To see where the newer one is: coffer vault verify",
		exit: EXIT.integrity,
	});
}

/** Whether a new writer becomes an owner too: where the adder is one, and the writer is not. */
function becomesOwner(root: RootState, adder: string, added: Member): boolean {
	return added.role === "writer" && root.owners.has(adder) && !root.owners.has(added.sign);
}

function requireFreeOwner(root: RootState, added: PublicMember): void {
	const taken = [...root.owners.values()].find(
		(owner) => owner.name === added.name || owner.box === added.box,
	);
	if (!taken) return;
	throw new AppError({
		code: "MEMBER_EXISTS",
		message: `'${taken.name}' is an owner of the vault already, with another key.`,
		hint: "Choose another name for the new member.",
		exit: EXIT.conflict,
	});
}

/**
 * Adds a member to the environment, and hands the present key over. A writer becomes an owner of the vault where the
 * adder is one: else nobody could go on when the first owner's device is lost.
 * @throws AppError `MEMBER_NAME_INVALID`, `MEMBER_KEY_INVALID` (exit 2), `NOT_A_WRITER` (exit 3), `MEMBER_EXISTS` (exit 5),
 *   `EPOCH_OLDER`, `MEMBERSHIP_OLDER` (exit 7)
 */
export async function addMember(context: SessionContext, added: Member): Promise<MemberAdded> {
	const { identity, root: folder } = context;
	let session: VaultSession | undefined;
	return editVault(
		folder,
		async (loaded) => {
			session = await openSession(loaded, context);
			requireNewest(session);
			const { keys, verified, warnings } = session;
			const { root, section, state } = verified;
			const link = makeAddMember(state, lastLink(section.links), keys, identity, added);
			let document: VaultDocument = withSection(loaded.document, {
				...section,
				links: [...section.links, link],
			});
			const admits = becomesOwner(root, identity.publicKeys.sign, added);
			if (admits) {
				requireFreeOwner(root, added);
				const admit = makeAdmit(root.vaultId, lastLink(document.links), added, identity.signing);
				document = { ...document, links: [...document.links, admit] };
			}
			const owner = admits || root.owners.has(added.sign);
			return { document, result: { owner, warnings } };
		},
		async (now) => {
			await session?.remember(now);
		},
	);
}

export interface ListedMember extends Member {
	/** Whether the member owns the vault: may create and delete environments. */
	readonly owner: boolean;
	readonly self: boolean;
}

/** The members of the environment, sorted by name. */
export function listMembers(session: VaultSession): ListedMember[] {
	const { root, state } = session.verified;
	const self = session.context.identity.publicKeys.sign;
	return [...state.members.values()]
		.map((member) => ({ ...member, owner: root.owners.has(member.sign), self: member.sign === self }))
		.sort((a, b) => (a.name < b.name ? -1 : 1));
}
