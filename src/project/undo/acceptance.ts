/** Plans which items `coffer vault accept` would forget, before the user is asked, and removes them from a memory. */
import { lengthPrefixed } from "../../bytes.ts";
import { hash, toBase64 } from "../../crypto.ts";
import { type Link, linkHash } from "../../vault/chains/chain.ts";
import { verifyRoot } from "../../vault/chains/vault-chain.ts";
import { type VaultDocument, verifyChains } from "../../vault/document/document.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import { recordDigest } from "../../vault/records/record.ts";
import { type AbsentLink, absentItemKey, sharedLength } from "../../vault/undo/absent-items.ts";
import { noteLinks } from "../../vault/undo/link-note.ts";
import type { EnvironmentMemory } from "../memory/device-state.ts";
import type { LocatedItem, SearchResult } from "./search.ts";
import type { EnvironmentSurvey } from "./survey.ts";

/**
 * A member whose removal would be forgotten, and who would then be a member again: in the file, or in the links that
 * stay remembered.
 */
export interface ReadmittedMember {
	readonly environment: string;
	/** Undefined if an earlier version of Coffer wrote the memory, without names. */
	readonly name: string | undefined;
	/** The member who signed the removal. */
	readonly removedBy: string | undefined;
	/** `owner` of the vault, or `member` of the environment. */
	readonly as: "member" | "owner";
}

export interface Acceptance {
	/** Shown before everything else. */
	readonly letIn: readonly ReadmittedMember[];
	readonly forgotten: readonly LocatedItem[];
	/** Items that stay remembered, so the file continues to lack them. */
	readonly kept: readonly LocatedItem[];
	/** Identifies exactly the items that are forgotten. */
	readonly code: string;
}

const CODE_CHARACTERS = 8;

/** Letters only, so that no shell and no command line parses the code as a flag. */
function codeOf(forgotten: readonly LocatedItem[]): string {
	const lines = new Set(
		forgotten.map(({ environment, lacking }) => `${environment} ${absentItemKey(lacking)}`),
	);
	const text = toBase64(hash(lengthPrefixed("coffer/accept/1", [...lines].sort().join("\n"))));
	return text.slice(0, CODE_CHARACTERS).replaceAll("-", "a").replaceAll("_", "b");
}

/** In a chain, only the links after the last remaining one can be forgotten. */
function forgettable(
	found: readonly LocatedItem[],
	isWanted: (each: LocatedItem) => boolean,
): Set<LocatedItem> {
	const result = new Set(found.filter((each) => each.lacking.kind === "record" && isWanted(each)));
	for (const chain of ["vault", "environment"] as const) {
		const links = found.filter(({ lacking }) => lacking.kind === "link" && lacking.chain === chain);
		for (const each of links.reverse()) {
			if (!isWanted(each)) break;
			result.add(each);
		}
	}
	return result;
}

/**
 * The members whose removal is forgotten, and who are in the file's membership or in the links that stay pinned, which
 * a sync or a merge may bring back. A member whose addition is forgotten too is in neither.
 */
function letInBy(
	document: VaultDocument,
	environment: string,
	links: readonly AbsentLink[],
): ReadmittedMember[] {
	const members = document.environments.has(environment)
		? verifyChains(document, environment).state.members
		: new Map();
	const { owners } = verifyRoot(document.vaultId, document.links);
	const cameBy = { environment: "add", vault: "admit" } as const;
	return links.flatMap(({ chain, note }): ReadmittedMember[] => {
		if (!note) return [{ environment, name: undefined, removedBy: undefined, as: "member" }];
		const as = chain === "vault" ? "owner" : "member";
		const present = chain === "vault" ? owners : members;
		if (note.verb !== "epoch" && note.verb !== "expel") return [];
		const came = new Set(
			links
				.filter((link) => link.chain === chain && link.note?.verb === cameBy[chain])
				.flatMap((link) => link.note?.subjects.map(({ sign }) => sign) ?? []),
		);
		return note.subjects
			.filter(({ sign }) => present.has(sign) || !came.has(sign))
			.map(({ name }) => ({ environment, name, removedBy: note.signer.name, as }));
	});
}

/**
 * Plans which items would be forgotten.
 * @param all includes items that exist elsewhere or nowhere. Items in a linked platform's log are never
 *   included: a sync brings them, and without them nothing could be synced
 * @throws AppError exit 7 for an invalid chain of the file
 */
export function planAcceptance(
	document: VaultDocument,
	surveys: readonly EnvironmentSurvey[],
	{ found }: Pick<SearchResult, "found">,
	all: boolean,
): Acceptance {
	const forgotten: LocatedItem[] = [];
	const letIn: ReadmittedMember[] = [];
	for (const { environment, place } of surveys) {
		const own = found.filter((each) => each.environment === environment && each.member === place.member);
		const wanted = forgettable(own, ({ kind, isLogged }) => (all && !isLogged) || kind === "undone");
		forgotten.push(...own.filter((each) => wanted.has(each)));
		const links = [...wanted].flatMap(({ lacking }) => (lacking.kind === "link" ? [lacking] : []));
		for (const each of letInBy(document, environment, links))
			if (!letIn.some((known) => JSON.stringify(known) === JSON.stringify(each))) letIn.push(each);
	}
	const kept = found.filter((each) => !forgotten.includes(each));
	return { letIn, forgotten, kept, code: codeOf(forgotten) };
}

/** An environment of the file, verified without this device's memory; undefined if the file does not have it. */
export interface Verified {
	readonly links: readonly Link[];
	readonly epoch: number;
	/** The valid records. */
	readonly records: ReadonlyMap<string, SealedRecord>;
}

function chainWithout(
	pinned: readonly string[],
	gone: ReadonlySet<string>,
	links: readonly Link[],
): readonly string[] {
	const last = pinned.findLastIndex((each) => !gone.has(each));
	const rest = pinned.slice(0, last + 1);
	return sharedLength(rest, links) === rest.length ? links.map(linkHash) : rest;
}

/** The highest epoch of the links that stay pinned. */
function epochWithout(
	memory: EnvironmentMemory,
	environment: readonly string[],
	{ epoch, links }: Verified,
): number {
	const inFile = new Set(links.map(linkHash));
	const ahead = environment.filter((each) => !inFile.has(each)).map((each) => memory.notes.get(each));
	if (ahead.includes(undefined)) return memory.pin?.epoch ?? epoch;
	const numbers = ahead.map((note) => (note?.verb === "epoch" ? Number(note.detail) : 0));
	return Math.max(epoch, ...numbers);
}

/**
 * Forgets the planned items. Items that were remembered after the plan was made stay.
 * @param memory edited in place
 * @param vault the vault's chain in the file, verified
 */
export function forget(
	memory: EnvironmentMemory,
	forgotten: readonly LocatedItem[],
	vault: readonly Link[],
	verified: Verified | undefined,
): void {
	const gone = new Set(forgotten.map(({ lacking }) => absentItemKey(lacking)));
	for (const { lacking } of forgotten) {
		if (lacking.kind !== "record") continue;
		const { name } = lacking;
		const mark = memory.marks.get(name);
		if (!mark || !gone.has(`${name} ${mark.digest}`)) continue;
		memory.floors.set(name, Math.max(mark.version, memory.floors.get(name) ?? 0));
		const record = verified?.records.get(name);
		if (!record) memory.marks.delete(name);
		else {
			const { author, version } = record;
			memory.marks.set(name, { version, digest: recordDigest(record), author, made: false });
		}
	}
	const { pin } = memory;
	if (!pin) return;
	const links = verified?.links ?? [];
	const environment = chainWithout(pin.environment, gone, links);
	const rest = { vault: chainWithout(pin.vault, gone, vault), environment };
	if (environment.length === 0) {
		memory.pin = undefined;
		memory.notes.clear();
		return;
	}
	const epoch = verified ? epochWithout(memory, environment, verified) : pin.epoch;
	memory.pin = { ...rest, epoch };
	const pinned = new Set([...rest.vault, ...rest.environment]);
	for (const key of memory.notes.keys()) if (!pinned.has(key)) memory.notes.delete(key);
	for (const note of noteLinks(vault, links, () => false))
		if (pinned.has(note.hash) && !memory.notes.has(note.hash)) memory.notes.set(note.hash, note);
}
