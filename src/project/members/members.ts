/** Lists the members of an environment, and adds new ones. */
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
 * @throws AppError `NOT_A_WRITER` (exit 3); `EPOCH_OLDER`, `MEMBERSHIP_OLDER` (exit 7) if this device has seen
 *   links that the file lacks. A new link would fork the chain then
 */
export function requireNewest(session: VaultSession): void {
	requireEditable(session);
	if (!session.membershipOlder) return;
	throw new AppError({
		code: "MEMBERSHIP_OLDER",
		message: `The membership of environment '${session.place.environment}' in this file is older than this device has seen.`,
		hint: "Nothing was changed. To find the newer one: coffer vault verify",
		exit: EXIT.integrity,
	});
}

/** Whether a new writer also becomes an owner: if the member who adds it is an owner, and it is not one yet. */
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
 * Makes a new writer an owner of the vault, if the member who adds it is an owner. Otherwise the vault could not be
 * managed any more after the only owner's device is lost.
 * @throws AppError `MEMBER_EXISTS` (exit 5) if an owner with another key has its name, or shares its box key
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

/** The outcome of adding a member. */
export interface MemberAdded {
	/**
	 * The environments that the member was added to, without those that had it already with the same keys, name
	 * and role.
	 */
	readonly environments: readonly string[];
	/** Whether the member is an owner of the vault now. */
	readonly owner: boolean;
	readonly warnings: readonly string[];
}

/** Whether the environment has this member already, with the same keys, name and role. */
function isMember({ verified }: VaultSession, { box, name, role, sign }: Member): boolean {
	const known = verified.state.members.get(sign);
	return known?.box === box && known.name === name && known.role === role;
}

/**
 * Adds the member to one more environment of the document. @throws AppError as `makeAddMember` and
 * `requireNewest`
 */
function withMember(document: VaultDocument, session: VaultSession, added: Member): VaultDocument {
	requireNewest(session);
	const { context, keys, verified } = session;
	const { section, state } = verified;
	const link = makeAddMember(state, lastLink(section.links), keys, context.identity, added);
	return withSection(document, { ...section, links: [...section.links, link] });
}

/**
 * Adds a member to environments of one vault, and gives it their current keys: in all of them, or in none.
 * Environments that have this member already are not changed, unless all of them have it. A writer becomes
 * an owner of the vault if the member who adds it is one.
 * @param contexts one or more, of the same project and identity
 * @throws AppError `MEMBER_NAME_INVALID`, `MEMBER_KEY_INVALID` (exit 2), `NOT_A_MEMBER`, `NOT_A_WRITER` (exit
 *   3), `ENVIRONMENT_NOT_FOUND` (exit 4), `MEMBER_EXISTS` (exit 5), `EPOCH_OLDER`, `MEMBERSHIP_OLDER` (exit 7)
 */
export async function addToEnvironments(
	contexts: readonly [SessionContext, ...SessionContext[]],
	added: Member,
): Promise<MemberAdded> {
	const [{ identity, root: folder }] = contexts;
	return editVault(folder, async (loaded) => {
		const sessions: VaultSession[] = [];
		for (const context of contexts) sessions.push(await openSession(loaded, context));
		const absent = sessions.filter((session) => !isMember(session, added));
		// If all environments have the member already, adding it throws the fitting error.
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

/** Adds a member to one environment, as `addToEnvironments` does. */
export function addMember(context: SessionContext, added: Member): Promise<MemberAdded> {
	return addToEnvironments([context], added);
}

export interface ListedMember extends Member {
	/** Whether the member owns the vault, and may create and delete environments. */
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
