/**
 * Suggests commands that bring back the items that the file lacks, or that continue without them. Each suggestion is
 * tried in memory first, on the texts that git has.
 */

import { inEnvironment } from "../../environment-hint.ts";
import { AppError } from "../../errors.ts";
import { linkHash } from "../../vault/chains/chain.ts";
import { epochNumber } from "../../vault/chains/membership.ts";
import { verifyRoot } from "../../vault/chains/vault-chain.ts";
import type { EnvironmentSection, VaultDocument } from "../../vault/document/document.ts";
import { compareChain } from "../../vault/document/version-marks.ts";
import { longerChain, VAULT_CHAIN_SUBJECT } from "../../vault/merge/merge-sections.ts";
import { isNewer, recordDigest, type SealedRecord } from "../../vault/records/record.ts";
import { absentItemKey, type EnvironmentMemoryView, findAbsentItems } from "../../vault/undo/absent-items.ts";
import { VAULT_FILE } from "../files/project-root.ts";
import type { LinkedLog, LogMarks } from "../verify/verify-platform-log.ts";
import { byOtherFolder, byRestore, type Suggestion } from "./bringing-back.ts";
import { type Candidate, describeGitText, type SearchResult } from "./search.ts";
import { type EnvironmentSurvey, lackingIn, presentIn } from "./survey.ts";

export type { Suggestion } from "./bringing-back.ts";

/** The items that the file lacks, and where they are. */
export interface Situation {
	readonly document: VaultDocument;
	readonly surveys: readonly EnvironmentSurvey[];
	readonly searched: SearchResult;
	readonly logs: ReadonlyMap<string, LinkedLog>;
}

/** An environment of the file in the form of a memory, to test that a suggestion loses nothing of it. */
function memoryViewOf(document: VaultDocument, section: EnvironmentSection): EnvironmentMemoryView {
	const epochs = section.links.map(({ change }) =>
		change[0] === "epoch" ? (epochNumber(change[1] ?? "") ?? 1) : 1,
	);
	const marks = [...section.records.values()].map(
		(record) => [record.name, { version: record.version, digest: recordDigest(record) }] as const,
	);
	const pin = {
		vault: document.links.map(linkHash),
		environment: section.links.map(linkHash),
		epoch: Math.max(1, ...epochs),
	};
	return { pin, marks: new Map(marks), notes: new Map() };
}

/** Whether replacing the file with another text would lose items. */
function loses(document: VaultDocument, after: VaultDocument): boolean {
	return [...document.environments.values()].some((section) => {
		const remembered = memoryViewOf(document, section);
		const present = presentIn(after, section.name, remembered.pin?.environment[0]);
		return findAbsentItems(remembered, present).length > 0;
	});
}

function lackingKeys(surveys: readonly EnvironmentSurvey[], document: VaultDocument): Set<string> {
	return new Set(
		surveys.flatMap(({ environment, memory }) =>
			lackingIn(document, environment, memory).map((each) => `${environment} ${absentItemKey(each)}`),
		),
	);
}

/** Whether another text instead of the file's lacks fewer items, and loses none. */
function improves({ document, surveys }: Situation, after: VaultDocument): boolean {
	if (loses(document, after)) return false;
	const [now, then] = [lackingKeys(surveys, document), lackingKeys(surveys, after)];
	return then.size < now.size && [...then].every((key) => now.has(key));
}

function newer(a: SealedRecord | undefined, b: SealedRecord): SealedRecord {
	return a && !isNewer(b, a) ? a : b;
}

/** An approximate merge: the longer chains, and of each name the newer record. Undefined if the chains diverged. */
function merged(ours: VaultDocument, theirs: VaultDocument): VaultDocument | undefined {
	try {
		const links = longerChain(ours.links, theirs.links, VAULT_CHAIN_SUBJECT);
		const environments = new Map(ours.environments);
		for (const [name, section] of theirs.environments) {
			const own = environments.get(name);
			const records = new Map(own?.records);
			for (const record of section.records.values())
				records.set(record.name, newer(records.get(record.name), record));
			const chain = own ? longerChain(own.links, section.links, name) : section.links;
			environments.set(name, { ...section, links: chain, records });
		}
		return { ...ours, links, environments };
	} catch (error) {
		if (error instanceof AppError) return undefined;
		throw error;
	}
}

function checkout({ kept }: Candidate): Suggestion {
	const { blob, former, kind, rev } = kept;
	// A former path may have any character; the object's id has none that a shell knows.
	if (former !== undefined)
		return {
			words: `To take ${VAULT_FILE} from ${describeGitText(kept)}`,
			commands: [`git cat-file blob ${blob} > ${VAULT_FILE}`],
		};
	const from = kind === "index" ? "" : `${kind === "stash" ? `'${rev}'` : rev} `;
	return {
		words: `To take ${VAULT_FILE} from ${describeGitText(kept)}`,
		commands: [`git checkout ${from}-- ${VAULT_FILE}`],
	};
}

const MERGED: readonly string[] = ["branch", "remote", "tag"];

/** Whether both texts changed the members or owners after a common beginning, so that neither replaces the other. */
function isDiverged(ours: VaultDocument, theirs: VaultDocument): boolean {
	const chains = [[ours.links, theirs.links] as const];
	for (const [name, section] of ours.environments) {
		const other = theirs.environments.get(name);
		if (other) chains.push([section.links, other.links]);
	}
	return chains.some(([mine, yours]) => compareChain(yours.map(linkHash), mine) === "diverged");
}

function merge({ kept }: Candidate, isClean: boolean): Suggestion {
	const first = isClean ? [] : [`git commit -m "Keep ${VAULT_FILE}" -- ${VAULT_FILE}`];
	return { words: `To merge ${describeGitText(kept)}`, commands: [...first, `git merge ${kept.rev}`] };
}

/** The suggestion to take the whole file, or a branch's changes to it, from git. */
function byGit(situation: Situation): Suggestion | undefined {
	const { document, searched } = situation;
	const { candidates, isClean } = searched;
	const whole = candidates.find((candidate) => improves(situation, candidate.document));
	if (whole) return checkout(whole);
	const mergeable = candidates.filter(({ kept }) => MERGED.includes(kept.kind) && !kept.isMerged);
	const clean = mergeable.find((candidate) => {
		const after = merged(document, candidate.document);
		return after !== undefined && improves(situation, after);
	});
	return clean ? merge(clean, isClean) : byMergingBoth(situation);
}

/**
 * The suggestion to merge a text whose membership diverged from the file's, and which has everything that the file
 * lacks. Git reports a conflict then.
 */
function byMergingBoth({ document, surveys, searched }: Situation): Suggestion | undefined {
	const { candidates, isClean } = searched;
	const absent = [...lackingKeys(surveys, document)];
	const other = candidates.find((candidate) => {
		if (![...MERGED, "commit"].includes(candidate.kept.kind) || candidate.kept.isMerged) return false;
		if (!isDiverged(document, candidate.document)) return false;
		const lacking = lackingKeys(surveys, candidate.document);
		return absent.every((key) => !lacking.has(key));
	});
	if (!other) return undefined;
	const words = `To keep the changes of both sides, to merge ${describeGitText(other.kept)} (git reports a conflict, which coffer vault resolve resolves)`;
	return { ...merge(other, isClean), words };
}

/** A log's content in the form of a memory. */
function rememberingLog({ links, records }: LogMarks): EnvironmentMemoryView {
	const marks = [...records.values()].map(
		(record) => [record.name, { version: record.version, digest: recordDigest(record) }] as const,
	);
	const pin = { vault: links.vault.map(linkHash), environment: links.environment.map(linkHash), epoch: 0 };
	return { pin, marks: new Map(marks), notes: new Map() };
}

/**
 * The suggestion to sync. A sync takes new links automatically, and takes records if the user chooses the platform's
 * version.
 */
function bySync({ document, logs }: Situation): Suggestion | undefined {
	for (const [environment, { log }] of logs) {
		const section = document.environments.get(environment);
		if (log instanceof AppError || !section) continue;
		const logged = rememberingLog(log);
		const lacking = findAbsentItems(logged, presentIn(document, environment, logged.pin?.environment[0]));
		if (lacking.length === 0) continue;
		const names = lacking.flatMap((each) => (each.kind === "record" ? [each.name] : []));
		const comparisons = [
			compareChain(logged.pin?.vault ?? [], document.links),
			compareChain(logged.pin?.environment ?? [], section.links),
		];
		if (comparisons.includes("diverged"))
			return {
				words: "To keep the platform's members, and make the changes here again after them",
				commands: [inEnvironment("coffer sync --take platform", environment)],
			};
		const sync = names.length > 0 ? `coffer sync --take platform ${names.join(" ")}` : "coffer sync";
		return { words: "To take the platform's changes", commands: [inEnvironment(sync, environment)] };
	}
	return undefined;
}

/** Suggestions for environments that the vault's chain has and whose section is missing. */
function byDeleting({ document }: Situation): Suggestion[] {
	const gone = [...verifyRoot(document.vaultId, document.links).environments.keys()].filter(
		(name) => !document.environments.has(name),
	);
	return gone.flatMap((name) => [
		{ words: `If a teammate has made environment '${name}', to take their commit`, commands: ["git pull"] },
		{
			words: `If environment '${name}' no longer exists anywhere, to delete it`,
			commands: [`coffer environments delete ${name}`],
		},
	]);
}

/** All suggestions, the best first. The last one always continues without the items that the file lacks. */
export function suggestionsFor(situation: Situation): Suggestion[] {
	const { document, searched, surveys } = situation;
	const { found, operationToFinish } = searched;
	const ways: Suggestion[] = [];
	if (operationToFinish === "git am --abort")
		ways.push({
			words: "Git could not apply a patch. To end, and then apply it with 'git am -3 FILE'",
			commands: [operationToFinish],
		});
	else if (operationToFinish !== undefined)
		ways.push({ words: "Git has an operation in progress. To finish it", commands: [operationToFinish] });
	const undone = found.some(({ kind }) => kind === "undone");
	const bringing = byGit(situation) ?? bySync(situation) ?? byRestore(document, surveys, searched);
	if (searched.isPartial) ways.push(byOtherFolder());
	if (undone)
		ways.push({ words: "To forget the changes that were undone here", commands: ["coffer vault accept"] });
	if (bringing) ways.push(bringing);
	if (found.some(({ isLogged, kind }) => kind !== "undone" && !isLogged))
		ways.push({
			words: "To continue without the changes that coffer.vault lacks",
			commands: ["coffer vault accept --all"],
		});
	return [...ways, ...byDeleting(situation)];
}
