/** Begins an epoch of an environment: a new key, with which every record is re-encrypted. */
import { type Link, linkHash } from "../../vault/chains/chain.ts";
import { openKeys } from "../../vault/chains/environment-keys.ts";
import { type Member, verifyEnvironment } from "../../vault/chains/membership.ts";
import { makeExpel, type RootState } from "../../vault/chains/vault-chain.ts";
import { makeAddMember } from "../../vault/document/create.ts";
import {
	type VaultDocument,
	type VerifiedEnvironment,
	verifyChains,
	withRecords,
} from "../../vault/document/document.ts";
import { makeEpoch } from "../../vault/document/epoch.ts";
import { type RemovalDebt, removalDebt } from "../../vault/document/removal-debt.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import { editVault, type LoadedVault } from "../files/vault-file.ts";
import { openSession, readingOf } from "../session/open-session.ts";
import type { SessionContext, VaultSession } from "../session/session.ts";
import { resealsOf } from "../session/sync-state.ts";
import { lastLink, requireNewest } from "./members.ts";

/** The outcome of a new epoch. */
export interface Removal {
	readonly environment: string;
	/** Names of the removed members, sorted. */
	readonly removed: readonly string[];
	/** Number of the new epoch. */
	readonly epoch: number;
	/** The number of records that were re-encrypted, tombstones included. */
	readonly resealed: number;
	/** The values to rotate now, including those of earlier removals. */
	readonly debt: readonly RemovalDebt[];
	readonly warnings: readonly string[];
}

/** Which members leave the environment with the new epoch, and which of them are added again at once. */
export interface EpochChange {
	readonly gone: readonly Member[];
	/** Of those, the members who stay, with their new role. */
	readonly back?: readonly Member[];
}

/**
 * The hashes of the links that were verified while epochs begin. With many environments, the signatures of all chains
 * would be verified again for each of them.
 */
interface Checked {
	vault: readonly string[];
	readonly environments: Map<string, readonly string[]>;
}

/** As `verifyChains`. Signatures of links that were verified before are not verified again. */
function verifyOnce(document: VaultDocument, name: string, checked: Checked): VerifiedEnvironment {
	const pin = { vault: checked.vault, environment: checked.environments.get(name) ?? [], epoch: 0 };
	const verified = verifyChains(document, name, pin);
	checked.vault = document.links.map(linkHash);
	checked.environments.set(name, verified.section.links.map(linkHash));
	return verified;
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
	checked: Checked,
): { document: VaultDocument; warnings: string[] } {
	const { environment, identity } = context;
	if (!gone.some(({ sign }) => root.owners.has(sign))) return { document, warnings: [] };
	const roles = new Map(back.map(({ role, sign }) => [sign, role]));
	const others = [...document.environments.keys()].filter((name) => name !== environment);
	const states = others.map((name) => verifyOnce(document, name, checked).state);
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

/** Adds other changes to the write of a new epoch. `root` is the state of the vault's chain in `document`. */
export type FinishEpoch = (document: VaultDocument, session: VaultSession, root: RootState) => VaultDocument;

/** An epoch that is not written yet. */
interface PreparedEpoch {
	readonly document: VaultDocument;
	readonly result: Removal;
	readonly records: readonly SealedRecord[];
}

/** Adds an epoch of one environment to the document. @param document may have changes of other environments */
function withEpoch(
	document: VaultDocument,
	session: VaultSession,
	change: EpochChange,
	finish: FinishEpoch,
	checked: Checked,
): PreparedEpoch {
	// The change of another environment may have changed the owners.
	const { root } = verifyOnce(document, session.context.environment, checked);
	const { gone, back = [] } = change;
	const { context, keys, verified, warnings } = session;
	const { environment, identity } = context;
	const removed = new Set(gone.map(({ sign }) => sign));
	const next = makeEpoch(verified, keys, identity, removed, (record) => session.open(record));
	const links = withBack(session, [...verified.section.links, next.link], back);
	const resealed = withRecords(document, environment, next.records, links);
	const after = expelled(finish(resealed, session, root), root, change, context, checked);
	const result = {
		environment,
		removed: gone.map(({ name }) => name),
		epoch: next.number,
		resealed: next.records.length,
		debt: removalDebt(verifyOnce(after.document, environment, checked)),
		warnings: [...warnings, ...after.warnings],
	};
	return { document: after.document, result, records: next.records };
}

/**
 * Remembers a new epoch. The session is opened again, so that this device then refuses a vault with an older
 * epoch.
 */
async function rememberEpoch(
	now: LoadedVault,
	session: VaultSession,
	records: readonly SealedRecord[],
): Promise<void> {
	const opened = await openSession(now, session.context);
	const { platform } = opened.checkout;
	if (platform) platform.reseals = resealsOf(platform, session.verified.section.records, records);
	await opened.remember(now, records, { always: true, before: session.snapshot });
}

/**
 * Begins an epoch in each of several environments of one vault: in all of them, or in none. Each gets a new key,
 * with which every record is re-encrypted.
 * @param contexts one or more, of the same project and identity, each of another environment
 * @param choose returns the members who leave
 * @param finish adds other changes to the same write
 * @returns the outcomes in the order of the contexts
 */
export async function beginEpochs(
	contexts: readonly SessionContext[],
	choose: (session: VaultSession) => EpochChange,
	finish: FinishEpoch = (document) => document,
): Promise<readonly Removal[]> {
	const [first] = contexts;
	if (first === undefined) throw new TypeError("No environment was named.");
	const edit = async (loaded: LoadedVault) => {
		const sessions: VaultSession[] = [];
		for (const context of contexts) sessions.push(await openSession(loaded, context));
		for (const session of sessions) requireNewest(session);
		const changes = sessions.map((session) => [session, choose(session)] as const);
		let { document } = loaded;
		const begun: { session: VaultSession; epoch: PreparedEpoch }[] = [];
		const checked: Checked = { vault: [], environments: new Map() };
		for (const [session, change] of changes) {
			const epoch = withEpoch(document, session, change, finish, checked);
			({ document } = epoch);
			begun.push({ session, epoch });
		}
		const remember = async (now: LoadedVault) => {
			for (const { session, epoch } of begun) await rememberEpoch(now, session, epoch.records);
		};
		return { document, result: begun.map(({ epoch }) => epoch.result), remember };
	};
	const options = contexts.length === 1 ? { reading: readingOf(first), whileWriting: first.meanwhile } : {};
	return editVault(first.root, edit, options);
}

/** Begins an epoch in one environment, as `beginEpochs` does. */
export async function beginEpoch(
	context: SessionContext,
	choose: (session: VaultSession) => EpochChange,
	finish?: FinishEpoch,
): Promise<Removal> {
	const [removal] = await beginEpochs([context], choose, finish);
	if (removal === undefined) throw new TypeError("An epoch has an outcome.");
	return removal;
}
