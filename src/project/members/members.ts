/**
 * The members of an environment: who is in it, and how they come in.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { Link } from "../../vault/chains/chain.ts";
import type { Member } from "../../vault/chains/membership.ts";
import { makeAdmit, type PublicMember, type RootState } from "../../vault/chains/vault-chain.ts";
import { makeAddMember } from "../../vault/document/create.ts";
import { type VaultDocument, withSection } from "../../vault/document/document.ts";
import { editVault, type LoadedVault } from "../files/vault-file.ts";
import { requireEditable } from "../secrets/edit-secrets.ts";
import { openSession } from "../session/open-session.ts";
import type { SessionContext, VaultSession } from "../session/session.ts";

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
 * The vault with a new writer as an owner, where the writer who lets it in is one and it is none yet. Else nobody could go on
 * when the first owner's device is lost.
 * @throws AppError `MEMBER_EXISTS` (exit 5) where an owner has the name or a key of it
 */
export function withOwner(
	document: VaultDocument,
	root: RootState,
	added: Member,
	identity: SessionContext["identity"],
): VaultDocument {
	if (!becomesOwner(root, identity.publicKeys.sign, added)) return document;
	requireFreeOwner(root, added);
	const admit = makeAdmit(root.vaultId, lastLink(document.links), added, identity.signing);
	return { ...document, links: [...document.links, admit] };
}

/** What was added, as it stands in the vault. */
export interface MemberAdded {
	/** The environments that the member came into; those that it was in already, just so, are left out. */
	readonly environments: readonly string[];
	/** Whether the new member owns the vault now. */
	readonly owner: boolean;
	readonly warnings: readonly string[];
}

/** Whether the environment has this very member already: keys, name and role. */
function isThere({ verified }: VaultSession, { box, name, role, sign }: Member): boolean {
	const known = verified.state.members.get(sign);
	return known?.box === box && known.name === name && known.role === role;
}

/** The vault with the member in one more environment. @throws AppError as `makeAddMember` and `requireNewest` */
function withMember(document: VaultDocument, session: VaultSession, added: Member): VaultDocument {
	requireNewest(session);
	const { context, keys, verified } = session;
	const { section, state } = verified;
	const link = makeAddMember(state, lastLink(section.links), keys, context.identity, added);
	return withSection(document, { ...section, links: [...section.links, link] });
}

/**
 * Adds a member to environments of one vault, and hands their present keys over: to all of them, or to none. Of several
 * environments, those that have this very member stay as they are. A writer becomes an owner of the vault where the adder
 * is one.
 * @param contexts one or more, of the same project and identity
 * @throws AppError `MEMBER_NAME_INVALID`, `MEMBER_KEY_INVALID` (exit 2), `NOT_A_MEMBER`, `NOT_A_WRITER` (exit 3),
 *   `ENVIRONMENT_NOT_FOUND` (exit 4), `MEMBER_EXISTS` (exit 5), `EPOCH_OLDER`, `MEMBERSHIP_OLDER` (exit 7)
 */
export async function addToEnvironments(
	contexts: readonly [SessionContext, ...SessionContext[]],
	added: Member,
): Promise<MemberAdded> {
	const [{ identity, root: folder }] = contexts;
	return editVault(folder, async (loaded) => {
		const sessions: VaultSession[] = [];
		for (const context of contexts) sessions.push(await openSession(loaded, context));
		const absent = sessions.filter((session) => !isThere(session, added));
		// In all of them already: each says so by itself.
		const changed = absent.length > 0 ? absent : sessions;
		let { document } = loaded;
		for (const session of changed) document = withMember(document, session, added);
		const root = sessions[0]?.verified.root;
		if (root === undefined) throw new TypeError("No environment was named.");
		const owned = withOwner(document, root, added, identity);
		const result = {
			environments: changed.map(({ place }) => place.environment),
			owner: owned !== document || root.owners.has(added.sign),
			warnings: [...new Set(sessions.flatMap(({ warnings }) => warnings))],
		};
		const remember = async (now: LoadedVault) => {
			for (const session of changed) await session.remember(now);
		};
		return { document: owned, result, remember };
	});
}

/** As `addToEnvironments`, for one environment. */
export function addMember(context: SessionContext, added: Member): Promise<MemberAdded> {
	return addToEnvironments([context], added);
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
