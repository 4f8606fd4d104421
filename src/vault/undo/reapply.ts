/**
 * Applies changes of membership again at the end of another chain. The member who resolves the conflict signs them.
 */
import { AppError } from "../../errors.ts";
import { type Link, makeLink } from "../chains/chain.ts";
import { openKeys } from "../chains/environment-keys.ts";
import type { Role } from "../chains/membership.ts";
import { makeAdmit, makeExpel, memberOf, type RootState, verifyRoot } from "../chains/vault-chain.ts";
import { makeAddMember } from "../document/create.ts";
import {
	type EnvironmentSection,
	type VaultDocument,
	verifyChains,
	withRecords,
} from "../document/document.ts";
import { makeEpoch } from "../document/epoch.ts";
import { type Author, openRecord, verifyRecord } from "../records/seal.ts";
import { describeNote, type LinkNote, noteLinks } from "./link-note.ts";

/** Who applies the changes, and the results in words. */
export interface ReapplyContext {
	readonly identity: Author &
		Parameters<typeof openKeys>[1] & { readonly publicKeys: { readonly sign: string } };
	readonly remade: string[];
	readonly leftOut: string[];
}

function describeChange(note: LinkNote | undefined): string {
	return note ? `${note.signer.name} ${describeNote(note)}` : "a change";
}

function last(links: readonly Link[]): Link {
	const link = links.at(-1);
	if (!link) throw new TypeError("A chain must have a first link.");
	return link;
}

/**
 * Why an owner's change cannot be applied again, as a clause. Undefined if it can. Empty if the vault is already in the
 * state that the change leads to.
 */
function ownerLinkObstacle(
	root: RootState,
	{ change: [verb, first = ""], signer }: Link,
	self: string,
): string | undefined {
	if (!root.owners.has(self)) return "you are not an owner of the vault";
	if (!root.owners.has(signer)) return "its signer is no longer an owner";
	if (verb === "create" && root.environments.has(first))
		return "an environment with this name already exists";
	if (verb === "delete" && !root.environments.has(first)) return "";
	if (verb === "delete" && root.environments.size === 1) return "it is the last environment";
	if (verb === "admit" && root.owners.has(first)) return "";
	if (verb === "expel" && !root.owners.has(first)) return "";
	if (verb === "expel" && first === self) return "it would end your own ownership";
	return undefined;
}

/** Applies an owner's link again. @returns the changed document, or the reason why not, as a clause */
function reapplyOwnerLink(
	document: VaultDocument,
	other: VaultDocument,
	link: Link,
	hadSection: (section: EnvironmentSection) => boolean,
	{ identity }: ReapplyContext,
): VaultDocument | string {
	const { links, vaultId } = document;
	const [verb, first = ""] = link.change;
	const environments = new Map(document.environments);
	if (verb === "create") {
		const section = other.environments.get(first);
		// The other side also deleted it again.
		if (!section) return "";
		environments.set(first, section);
	}
	if (verb === "delete") {
		const section = environments.get(first);
		if (section && !hadSection(section)) return "the chosen side changed it";
		environments.delete(first);
	}
	const member = verb === "admit" ? memberOf(link.change.slice(1)) : undefined;
	const next =
		verb === "admit" && member
			? makeAdmit(vaultId, last(links), member, identity.signing)
			: verb === "expel"
				? makeExpel(vaultId, last(links), first, identity.signing)
				: makeLink({ vaultId, environment: "" }, last(links), link.change, identity.signing);
	const after = { ...document, links: [...links, next], environments };
	// Rejects what the chain does not allow: the name of another owner, or too many owners.
	verifyRoot(vaultId, after.links);
	return after;
}

function attempt<T>(work: () => T): T | string {
	try {
		return work();
	} catch (error) {
		if (error instanceof AppError && error.code !== "NOT_A_MEMBER" && error.code !== "NOT_A_WRITER")
			return "the chosen side's chain does not allow it";
		throw error;
	}
}

/** Applies the other side's changes of owners and environments again. */
export function reapplyOwnerChanges(
	chosen: VaultDocument,
	other: VaultDocument,
	links: readonly Link[],
	hadSection: (section: EnvironmentSection) => boolean,
	context: ReapplyContext,
): VaultDocument {
	const notes = noteLinks(other.links, [], () => false);
	let document = chosen;
	for (const link of links) {
		const root = verifyRoot(document.vaultId, document.links);
		const refused = ownerLinkObstacle(root, link, context.identity.publicKeys.sign);
		const after = refused ?? attempt(() => reapplyOwnerLink(document, other, link, hadSection, context));
		const words = describeChange(notes[link.index]);
		if (typeof after !== "string") {
			document = after;
			context.remade.push(words);
		} else if (after !== "") context.leftOut.push(`${words}: ${after}`);
	}
	return document;
}

/**
 * Applies a writer's link again.
 * @returns the changed document, or the reason why not, as a clause; empty if there is nothing to do
 */
function reapplyMemberLink(
	document: VaultDocument,
	name: string,
	link: Link,
	{ identity }: ReapplyContext,
): VaultDocument | string {
	const { section, state } = verifyChains(document, name);
	if (state.members.get(link.signer)?.role !== "writer") return "its signer is no longer a writer";
	const keys = openKeys(state, identity);
	const [verb, role, ...words] = link.change;
	if (verb === "add") {
		const member = memberOf(words);
		if (!member || state.members.has(member.sign)) return "";
		const added = { ...member, role: role as Role };
		const next = makeAddMember(state, last(section.links), keys, identity, added);
		return withRecords(document, name, [], [...section.links, next]);
	}
	const listed = (link.change[4] ?? "-").split(",");
	const removed = new Set(listed.filter((sign) => state.members.has(sign)));
	if (removed.has(identity.publicKeys.sign)) return "it would remove you";
	if (removed.size === 0) return "";
	const next = makeEpoch(
		{ section, state, root: verifyRoot(document.vaultId, document.links) },
		keys,
		identity,
		removed,
		(record) => {
			verifyRecord(state, record);
			return openRecord(state, keys, record);
		},
	);
	return withRecords(document, name, next.records, [...section.links, next.link]);
}

/** Applies the other side's changes of an environment's members again. @throws AppError exit 3, exit 7 */
export function reapplyMemberChanges(
	chosen: VaultDocument,
	name: string,
	links: readonly Link[],
	context: ReapplyContext,
): VaultDocument {
	let document = chosen;
	// The links that both sides share are needed for the names of the members.
	const shared = chosen.environments.get(name)?.links ?? [];
	const notes = noteLinks([], [...shared, ...links], () => false).slice(-links.length);
	for (const [index, link] of links.entries()) {
		const after = attempt(() => reapplyMemberLink(document, name, link, context));
		const words = `${describeChange(notes[index])} in '${name}'`;
		if (typeof after !== "string") {
			document = after;
			context.remade.push(words);
		} else if (after !== "") context.leftOut.push(`${words}: ${after}`);
	}
	return document;
}
