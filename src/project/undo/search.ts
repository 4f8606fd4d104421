/**
 * Finds the location of each item that the file lacks: git, a platform's log, or none (docs/format.md, "Undo, branch,
 * roll-back").
 */
import { AppError, attempt } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { linkHash } from "../../vault/chains/chain.ts";
import type { VaultDocument } from "../../vault/document/document.ts";
import { parseVault } from "../../vault/document/format.ts";
import { recordDigest } from "../../vault/records/record.ts";
import { type AbsentItem, absentItemKey } from "../../vault/undo/absent-items.ts";
import type { LoadedVault } from "../files/vault-file.ts";
import { type AllTexts, type KeptText, listTexts, readTexts } from "../git/history/vault-texts.ts";
import type { GitContext } from "../git/run.ts";
import { type CheckoutMemory, hasOtherCheckouts, readCheckoutMemories } from "../memory/device-state.ts";
import type { LinkedLog, LogMarks } from "../verify/verify-platform-log.ts";
import type { EnvironmentSurvey } from "./survey.ts";

/** A text in git that has an item which the file lacks. */
export interface Candidate {
	readonly kept: KeptText;
	readonly document: VaultDocument;
}

/** An item that the file lacks, and where it is. */
export interface LocatedItem {
	readonly environment: string;
	/** The fingerprint of the identity that remembers it. */
	readonly member: string;
	readonly lacking: AbsentItem;
	/**
	 * `undone`: made on this device, and found neither in this clone nor on a platform. `missing`: other devices have it,
	 * but it was not found.
	 */
	readonly kind: "elsewhere" | "undone" | "missing";
	/** Where it is, or was last known to be, in words; empty if unknown. */
	readonly where: string;
	/** Whether a platform's log has it. */
	readonly isLogged: boolean;
}

export interface SearchResult {
	readonly found: readonly LocatedItem[];
	readonly candidates: readonly Candidate[];
	readonly operationToFinish: string | undefined;
	/** Whether the file equals the last commit's, and no change of it is staged. */
	readonly isClean: boolean;
	/** Whether another folder of this device, which was not searched, may have items that were not found. */
	readonly isPartial: boolean;
	/** Sentences about what could not be searched, and why. */
	readonly notes: readonly string[];
}

const CANDIDATES_MAX = 100;

const OTHER_FOLDERS =
	"This device has used this vault in another folder too, which is not searched. A change that only that folder has counts as undone or lost here.";

/** The keys of all links and records of an environment in a document. */
function keysIn(document: VaultDocument, environment: string): Set<string> {
	const section = document.environments.get(environment);
	const keys = new Set([...document.links, ...(section?.links ?? [])].map(linkHash));
	for (const record of section?.records.values() ?? []) keys.add(`${record.name} ${recordDigest(record)}`);
	return keys;
}

/** Describes where git has a text. */
export function describeGitText(kept: KeptText): string {
	const { former } = kept;
	return former === undefined ? describeRevision(kept) : `${describeRevision(kept)} (${printable(former)})`;
}

function describeRevision({ kind, rev }: KeptText): string {
	if (kind === "index") return "git's index";
	if (kind === "head") return "the last commit";
	if (kind === "stash") return `git's stash (${rev})`;
	return kind === "commit" ? `commit ${rev}` : `${kind === "remote" ? "remote branch" : kind} ${rev}`;
}

interface Kept {
	/** The best location of each key. */
	readonly places: ReadonlyMap<string, string>;
	readonly candidates: readonly Candidate[];
	readonly listed: AllTexts;
	readonly isClean: boolean;
}

async function searchTexts(
	place: GitContext,
	loaded: LoadedVault,
	surveys: readonly EnvironmentSurvey[],
): Promise<Kept> {
	let isClean = false;
	const places = new Map<string, string>();
	const candidates: Candidate[] = [];
	const listed = await listTexts(place, loaded.document.vaultId).catch((error: unknown): AllTexts => {
		if (!(error instanceof AppError)) throw error;
		return {
			kept: [],
			operationToFinish: undefined,
			committed: undefined,
			notes: [`Git was not searched: ${error.message} ${error.hint}`],
		};
	});
	const order = new Map(listed.kept.map((kept, index) => [kept, index]));
	await readTexts(place, listed.kept, (kept, text) => {
		if (kept.blob === listed.committed) isClean = text === loaded.text;
		const document = documentOf(text, loaded.document.vaultId);
		if (!document) return;
		let hasAny = false;
		for (const { environment, lacking } of surveys) {
			const keys = lacking.length > 0 ? keysIn(document, environment) : new Set<string>();
			for (const key of lacking.map(absentItemKey).filter((each) => keys.has(each))) {
				hasAny = true;
				if (!places.has(key)) places.set(key, describeGitText(kept));
			}
		}
		if (hasAny && candidates.length < CANDIDATES_MAX) candidates.push({ kept, document });
	});
	candidates.sort((a, b) => (order.get(a.kept) ?? 0) - (order.get(b.kept) ?? 0));
	return { places, candidates, listed, isClean };
}

/** Parses a text as this vault; undefined if it is not, because git's history may contain anything. */
function documentOf(text: string, vaultId: string): VaultDocument | undefined {
	const document = attempt(() => parseVault(text));
	return document?.vaultId === vaultId ? document : undefined;
}

/** Whether a log has an item, or a newer record of its name. */
function isInLog({ links, records }: LogMarks, lacking: AbsentItem): boolean {
	if (lacking.kind === "link") return links[lacking.chain].some((link) => linkHash(link) === lacking.hash);
	const record = records.get(lacking.name);
	if (!record) return false;
	return record.version > lacking.mark.version || recordDigest(record) === lacking.mark.digest;
}

/** The platform with which a working copy of this device has agreed on an item; undefined if none. */
function agreedWith(
	{ memory: { pin } }: EnvironmentSurvey,
	checkouts: readonly CheckoutMemory[],
	lacking: AbsentItem,
): string | undefined {
	for (const { platform } of checkouts) {
		if (!platform) continue;
		const words = `the log of app '${platform.app}' at ${platform.url} (revision ${platform.revision}), when it was last synced`;
		if (lacking.kind === "record") {
			if ((platform.base.get(lacking.name)?.version ?? 0) >= lacking.mark.version) return words;
			continue;
		}
		const [vault = "", environment = ""] = platform.header.split(" ");
		const head = lacking.chain === "vault" ? vault : environment;
		if ((pin?.[lacking.chain].indexOf(head) ?? -1) >= lacking.index) return words;
	}
	return undefined;
}

function isMade(lacking: AbsentItem): boolean {
	return (lacking.kind === "link" ? lacking.note?.made : lacking.mark.made) === true;
}

/**
 * Searches for all items that the file lacks.
 * @param place the project's folder, for git
 * @param logs of linked environments, by environment. A log that could not be read is reported as a note
 * @throws AppError `GIT_FAILED` (exit 1), `STATE_DAMAGED` (exit 7)
 */
export async function searchEverywhere(
	place: GitContext,
	loaded: LoadedVault,
	surveys: readonly EnvironmentSurvey[],
	logs: ReadonlyMap<string, LinkedLog>,
): Promise<SearchResult> {
	const { places, candidates, listed, isClean } = await searchTexts(place, loaded, surveys);
	const notes = [...listed.notes];
	const found: LocatedItem[] = [];
	let isPartial = false;
	for (const survey of surveys) {
		if (survey.lacking.length === 0) continue;
		const { environment } = survey;
		const linked = logs.get(environment);
		const log = linked?.log instanceof AppError ? undefined : linked?.log;
		if (linked?.log instanceof AppError)
			notes.push(`The platform of '${environment}' was not asked: ${linked.log.message}`);
		const checkouts = await readCheckoutMemories(survey.place);
		for (const lacking of survey.lacking) {
			const isLogged = log !== undefined && isInLog(log, lacking);
			const agreed = agreedWith(survey, checkouts, lacking);
			const kept = places.get(absentItemKey(lacking)) ?? (isLogged ? "the platform's log" : undefined);
			const isUndone = isMade(lacking) && agreed === undefined;
			const kind = kept !== undefined ? "elsewhere" : isUndone ? "undone" : "missing";
			isPartial ||= kind !== "elsewhere" && (await hasOtherCheckouts(survey.place));
			found.push({
				environment,
				member: survey.place.member,
				lacking,
				kind,
				where: kept ?? agreed ?? "",
				isLogged,
			});
		}
	}
	if (isPartial) notes.push(OTHER_FOLDERS);
	const { operationToFinish } = listed;
	return { found, candidates, operationToFinish, isClean, isPartial, notes };
}
