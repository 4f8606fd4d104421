/** Removes members: begins an epoch with a key that they do not get, and re-encrypts every record with it. */
import { AppError, EXIT } from "../../errors.ts";
import { type Link, linkHash } from "../../vault/chains/chain.ts";
import { openKeys } from "../../vault/chains/environment-keys.ts";
import { type Member, verifyEnvironment } from "../../vault/chains/membership.ts";
import { makeExpel, type RootState } from "../../vault/chains/vault-chain.ts";
import { makeAddMember } from "../../vault/document/create.ts";
import { type VaultDocument, verifyChains, withRecords } from "../../vault/document/document.ts";
import { makeEpoch } from "../../vault/document/epoch.ts";
import { type RemovalDebt, removalDebt } from "../../vault/document/removal-debt.ts";
import type { LoadedVault } from "../files/vault-file.ts";
import { editEnvironment } from "../session/edit-environment.ts";
import { openSession } from "../session/open-session.ts";
import type { SessionContext, VaultSession } from "../session/session.ts";
import { resealsOf } from "../session/sync-state.ts";
import { lastLink, requireNewest } from "./members.ts";

/** The outcome of a removal. */
export interface Removal {
	/** Names of the removed members, sorted. */
	readonly removed: readonly string[];
	/** Number of the new epoch. */
	readonly epoch: number;
	/** How many records were re-encrypted, tombstones included. */
	readonly resealed: number;
	/** The values to rotate now, including those of earlier removals. */
	readonly debt: readonly RemovalDebt[];
	readonly warnings: readonly string[];
}

function selfRemoved(state: VaultSession["verified"]["state"]): AppError {
	const writers = [...state.members.values()].filter(({ role }) => role === "writer");
	if (writers.length === 1) {
		return new AppError({
			code: "LAST_WRITER",
			message: `You are the last writer of environment '${state.name}'. Without a writer, nobody could change it again.`,
			hint: "Add another writer first, and ask that member to remove you.",
			exit: EXIT.usage,
		});
	}
	return new AppError({
		code: "MEMBER_IS_SELF",
		message: "Members cannot remove themselves, because the member who makes the new key knows it.",
		hint: "Ask another writer to remove you.",
		exit: EXIT.usage,
	});
}

/**
 * Finds the members with these names.
 * @throws AppError `MEMBER_NOT_FOUND` (exit 4), `MEMBER_IS_SELF`, `LAST_WRITER` (exit 2)
 */
export function membersToRemove(session: VaultSession, names: readonly string[]): Member[] {
	const { state } = session.verified;
	const wanted = new Set(names);
	const found = [...state.members.values()].filter(({ name }) => wanted.has(name));
	if (found.length < wanted.size) {
		throw new AppError({
			code: "MEMBER_NOT_FOUND",
			message: `Not all of these names are members of environment '${state.name}'.`,
			hint: `It has: ${[...state.members.values()].map(({ name }) => name).join(", ")}. Nothing was changed.`,
			exit: EXIT.notFound,
		});
	}
	if (found.some(({ sign }) => sign === session.context.identity.publicKeys.sign)) throw selfRemoved(state);
	return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Which members leave the environment with the new epoch, and which of them are added again at once. */
export interface EpochChange {
	readonly gone: readonly Member[];
	/** Of those, the members who stay, with their new role. */
	readonly back?: readonly Member[];
}

/**
 * Removes the ownership of members who leave and are in no other environment of the vault, and of members who
 * become readers and are a writer in no other environment.
 */
function expelled(
	document: VaultDocument,
	root: RootState,
	{ gone, back = [] }: EpochChange,
	context: SessionContext,
): { document: VaultDocument; warnings: string[] } {
	const { environment, identity } = context;
	const roles = new Map(back.map(({ role, sign }) => [sign, role]));
	const others = [...document.environments.keys()].filter((name) => name !== environment);
	const states = others.map((name) => verifyChains(document, name).state);
	const staysOwner = (sign: string) => {
		if (roles.get(sign) === "writer") return true;
		const elsewhere = states.flatMap(({ members }) => members.get(sign)?.role ?? []);
		return roles.has(sign) ? elsewhere.includes("writer") : elsewhere.length > 0;
	};
	const owners = gone.filter(({ sign }) => root.owners.has(sign) && !staysOwner(sign));
	if (owners.length === 0) return { document, warnings: [] };
	if (!root.owners.has(identity.publicKeys.sign)) {
		const names = owners.map(({ name }) => name).join(", ");
		const warning = `Still an owner of the vault: ${names}. Only an owner can remove an owner from it.`;
		return { document, warnings: [warning] };
	}
	let links = document.links;
	for (const { sign } of owners)
		links = [...links, makeExpel(root.vaultId, lastLink(links), sign, identity.signing)];
	return { document: { ...document, links }, warnings: [] };
}

/** The environment's links, followed by links that add members again. */
function withBack(
	{ context, verified }: VaultSession,
	links: readonly Link[],
	back: readonly Member[],
): readonly Link[] {
	if (back.length === 0) return links;
	const { root, section } = verified;
	// All links were signed here, or verified when the session was opened.
	const known = links.map(linkHash);
	const state = verifyEnvironment(root, context.environment, links, section.line, known);
	const keys = openKeys(state, context.identity);
	let all = links;
	for (const member of back)
		all = [...all, makeAddMember(state, lastLink(all), keys, context.identity, member)];
	return all;
}

/**
 * Begins an epoch: makes a new key, and re-encrypts every record with it.
 * @param choose returns the members who leave
 * @param finish adds other changes to the same write
 */
export async function beginEpoch(
	context: SessionContext,
	choose: (session: VaultSession) => EpochChange,
	finish: (document: VaultDocument, session: VaultSession) => VaultDocument = (document) => document,
): Promise<Removal> {
	return editEnvironment(context, (session, { document: before }) => {
		requireNewest(session);
		const change = choose(session);
		const { gone, back = [] } = change;
		const { keys, verified, warnings } = session;
		const removed = new Set(gone.map(({ sign }) => sign));
		const next = makeEpoch(verified, keys, context.identity, removed, (record) => session.open(record));
		const links = withBack(session, [...verified.section.links, next.link], back);
		const resealed = withRecords(before, context.environment, next.records, links);
		const after = expelled(finish(resealed, session), verified.root, change, context);
		// The session is opened again, so that the new epoch is remembered. This device then refuses a vault with an
		// older one.
		const remember = async (now: LoadedVault) => {
			const opened = await openSession(now, context);
			const { platform } = opened.checkout;
			if (platform) platform.reseals = resealsOf(platform, verified.section.records, next.records);
			await opened.remember(now, next.records, { always: true, before: session.snapshot });
		};
		const result = {
			removed: gone.map(({ name }) => name),
			epoch: next.number,
			resealed: next.records.length,
			debt: removalDebt(verifyChains(after.document, context.environment)),
			warnings: [...warnings, ...after.warnings],
		};
		return { document: after.document, result, remember };
	});
}

/**
 * Removes members from the environment. In git's history they can still read everything that they could read
 * before: `debt` lists the values to replace.
 * @throws AppError `MEMBER_IS_SELF`, `LAST_WRITER` (exit 2), `NOT_A_WRITER` (exit 3), `MEMBER_NOT_FOUND` (exit
 *   4), `EPOCH_OLDER`, `MEMBERSHIP_OLDER` and the errors of invalid records (exit 7)
 */
export function removeMembers(context: SessionContext, names: readonly string[]): Promise<Removal> {
	return beginEpoch(context, (session) => ({ gone: membersToRemove(session, names) }));
}

/**
 * Begins an epoch with the same members. All records are signed by this device's identity afterwards. @throws
 * AppError as `removeMembers`
 */
export function renewKey(context: SessionContext): Promise<Removal> {
	return beginEpoch(context, () => ({ gone: [] }));
}
