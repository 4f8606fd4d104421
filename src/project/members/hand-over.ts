/**
 * Replaces a device's previous identity with its current one in a project (a handover). Each step leaves a valid vault,
 * so an interrupted handover can be continued.
 */

import type { EnvironmentState, Member } from "../../vault/chains/membership.ts";
import { makeAdmit, makeExpel, type RootState, verifyRoot } from "../../vault/chains/vault-chain.ts";
import { type VaultDocument, verifyChains } from "../../vault/document/document.ts";
import { editVault, loadVault } from "../files/vault-file.ts";
import { openSession } from "../session/open-session.ts";
import type { SessionContext, SessionIdentity } from "../session/session.ts";
import { environmentNames, requireOwner } from "./environments.ts";
import { addMember, lastLink, type MemberAdded, requireNewest } from "./members.ts";

/** The state of one environment in a handover. */
export interface HandoverState {
	readonly environment: string;
	/** The previous identity's membership; undefined if it is not a member. */
	readonly previous: Member | undefined;
	readonly present: Member | undefined;
	/** The next step: `add` the current identity, `remove` the previous one, `wait` until a writer does it, or `none`. */
	readonly next: "add" | "remove" | "wait" | "none";
}

function nextOf(previous: Member | undefined, present: Member | undefined): HandoverState["next"] {
	if (!previous) return "none";
	if (present) return present.role === "writer" ? "remove" : "wait";
	return previous.role === "writer" ? "add" : "wait";
}

/** @throws AppError exit 7 for an invalid chain */
function handoverStateOf(
	document: VaultDocument,
	environment: string,
	previous: SessionIdentity,
	present: SessionIdentity,
): HandoverState {
	const { members } = verifyChains(document, environment).state;
	const before = members.get(previous.publicKeys.sign);
	const now = members.get(present.publicKeys.sign);
	return { environment, previous: before, present: now, next: nextOf(before, now) };
}

/**
 * The environments of the vault's chain that have a section in the file. An environment without a section needs no
 * handover.
 */
function presentNames(document: VaultDocument): string[] {
	return environmentNames(document).filter((name) => document.environments.has(name));
}

/** The state of each environment, sorted by name. @throws AppError exit 7 for an invalid chain */
export async function handoverStates(
	root: string,
	previous: SessionIdentity,
	present: SessionIdentity,
): Promise<{ vaultId: string; states: HandoverState[] }> {
	const { document } = await loadVault(root);
	const states = presentNames(document).map((name) => handoverStateOf(document, name, previous, present));
	return { vaultId: document.vaultId, states };
}

/**
 * Checks, before any change, that an identity can sign the handover of each environment of which it is a writer.
 * @param contextOf returns the identity's context of an environment
 * @throws AppError as `openSession` and `requireNewest`
 */
export async function requireHandoverPermitted(
	root: string,
	contextOf: (environment: string) => SessionContext,
): Promise<void> {
	const loaded = await loadVault(root);
	for (const environment of presentNames(loaded.document)) {
		const context = contextOf(environment);
		const { members } = verifyChains(loaded.document, environment).state;
		if (members.get(context.identity.publicKeys.sign)?.role === "writer")
			requireNewest(await openSession(loaded, context));
	}
}

const NAME_CHARACTERS_MAX = 64;

/** The first free name among NAME.2, NAME.3 and so on. A number at the end of NAME is counted up. */
function nextName(name: string, isFree: (name: string) => boolean): string {
	const numbered = /^(.+)\.([1-9][0-9]{0,5})$/.exec(name);
	const base = numbered?.[1] ?? name;
	for (let number = Number(numbered?.[2] ?? 1) + 1; ; number++) {
		const end = `.${number}`;
		const candidate = base.slice(0, NAME_CHARACTERS_MAX - end.length) + end;
		if (isFree(candidate)) return candidate;
	}
}

/**
 * A name for the current identity: its name as an owner of this vault, or the previous identity's name with a
 * number.
 */
function successorName(
	root: RootState,
	state: EnvironmentState,
	previous: Member,
	present: SessionIdentity,
): string {
	const { sign } = present.publicKeys;
	const taken = new Set(
		[...state.members.values(), ...root.owners.values()]
			.filter((member) => member.sign !== sign)
			.map(({ name }) => name),
	);
	const own = root.owners.get(sign)?.name;
	return own !== undefined && !taken.has(own) ? own : nextName(previous.name, (name) => !taken.has(name));
}

/**
 * Adds the current identity to an environment as a writer. The previous identity, which must be a writer,
 * signs.
 * @param from the previous identity's context of the environment
 * @param name of the new member; chosen if undefined
 * @throws AppError as `addMember`
 */
export async function addSuccessor(
	from: SessionContext,
	present: SessionIdentity,
	name: string | undefined,
): Promise<MemberAdded & { name: string }> {
	const { document } = await loadVault(from.root);
	const { root, state } = verifyChains(document, from.environment);
	const previous = state.members.get(from.identity.publicKeys.sign);
	if (!previous) throw new TypeError("The previous identity is a member here.");
	const chosen = name ?? successorName(root, state, previous, present);
	return {
		...(await addMember(from, { ...present.publicKeys, name: chosen, role: "writer" })),
		name: chosen,
	};
}

/**
 * Transfers the ownership of the vault, if the previous identity is still an owner and no longer a member of any
 * environment.
 * @param from the previous identity's context, of any environment
 * @returns whether the ownership was transferred
 * @throws AppError `MEMBERSHIP_OLDER` (exit 7), and others as `requireOwner`
 */
export async function handOverVault(from: SessionContext, present: SessionIdentity): Promise<boolean> {
	const { sign } = from.identity.publicKeys;
	return editVault(from.root, async (loaded) => {
		const { document } = loaded;
		const root = verifyRoot(document.vaultId, document.links);
		const isMember = presentNames(document).some((environment) =>
			verifyChains(document, environment).state.members.has(sign),
		);
		const before = root.owners.get(sign);
		if (!before || isMember) return { result: false };
		await requireOwner(loaded, from);
		let { links } = document;
		if (!root.owners.has(present.publicKeys.sign)) {
			const taken = new Set([...root.owners.values()].map((owner) => owner.name));
			const name = nextName(before.name, (candidate) => !taken.has(candidate));
			const owner = { ...present.publicKeys, name };
			links = [...links, makeAdmit(root.vaultId, lastLink(links), owner, from.identity.signing)];
		}
		links = [...links, makeExpel(root.vaultId, lastLink(links), sign, present.signing)];
		return { document: { ...document, links }, result: true };
	});
}
