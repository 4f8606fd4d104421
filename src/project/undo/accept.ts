/**
 * Forgets the items that a file lacks, after a person has confirmed it: verifies the file, and moves the pin and the
 * version marks to its content.
 */
import { type VaultDocument, verifyChains } from "../../vault/document/document.ts";
import { checkSignatures, isValidRecord } from "../../vault/records/seal.ts";
import { changedMeanwhile, editVault, type LoadedVault, loadVault } from "../files/vault-file.ts";
import type { GitContext } from "../git/run.ts";
import { updateMemory } from "../memory/device-state.ts";
import { checkVaultId } from "../memory/first-use.ts";
import type { LinkedLog } from "../verify/verify-platform-log.ts";
import { type Acceptance, forget, planAcceptance, type Verified } from "./acceptance.ts";
import { type SearchResult, searchEverywhere } from "./search.ts";
import { type Suggestion, suggestionsFor } from "./suggestions.ts";
import { type EnvironmentSurvey, type SurveyContext, surveyVault } from "./survey.ts";

/** The items that a file lacks, where they are, and the suggested commands. */
export interface Diagnosis {
	readonly document: VaultDocument;
	readonly surveys: readonly EnvironmentSurvey[];
	readonly searched: SearchResult;
	/** The best way first. */
	readonly ways: readonly Suggestion[];
}

export interface SearchContext {
	/** The project's folder, for git. */
	readonly git: GitContext;
	/** The logs of linked environments, by environment. */
	readonly logs: ReadonlyMap<string, LinkedLog>;
}

const NOTHING_SEARCHED: SearchResult = {
	found: [],
	candidates: [],
	operationToFinish: undefined,
	isClean: true,
	isPartial: false,
	notes: [],
};

async function diagnosisOf(
	loaded: LoadedVault,
	context: SurveyContext,
	sources: SearchContext,
): Promise<Diagnosis> {
	const { document } = loaded;
	const surveys = await surveyVault(document, context);
	const isSound = surveys.every(({ lacking }) => lacking.length === 0);
	const searched: SearchResult = isSound
		? NOTHING_SEARCHED
		: await searchEverywhere(sources.git, loaded, surveys, sources.logs);
	const ways = suggestionsFor({ document, surveys, searched, logs: sources.logs });
	return { document, surveys, searched, ways };
}

/**
 * Finds the items that the file lacks, and where they are. Writes nothing.
 * @throws AppError `VAULT_NOT_FOUND` (exit 4), `STATE_DAMAGED` and syntax errors of the file (exit 7)
 */
export async function diagnose(context: SurveyContext, sources: SearchContext): Promise<Diagnosis> {
	return diagnosisOf(await loadVault(context.root), context, sources);
}

/** @throws AppError exit 7 for an invalid chain of the environment */
async function verified(document: VaultDocument, environment: string): Promise<Verified | undefined> {
	if (!document.environments.has(environment)) return undefined;
	const { section, state } = verifyChains(document, environment);
	const validSignatures = await checkSignatures(state, section.records.values());
	const sound = [...section.records].filter(([, record]) => isValidRecord(state, record, validSignatures));
	return { links: section.links, epoch: state.epoch.number, records: new Map(sound) };
}

/**
 * Forgets the planned items, under the vault's lock and the lock of each memory.
 * @param planned the items that a person has seen and confirmed
 * @param all as in the plan
 * @throws AppError `VAULT_REPLACED` and all errors of an invalid vault (exit 7); `VAULT_CHANGED_MEANWHILE`
 *   (exit 5) if a plan made now would forget something else
 */
export async function accept(
	context: SurveyContext,
	sources: SearchContext,
	planned: Acceptance,
	all: boolean,
): Promise<void> {
	await editVault(context.root, async (loaded) => {
		await checkVaultId(context, loaded.document.vaultId);
		const { document, surveys, searched } = await diagnosisOf(loaded, context, sources);
		const now = planAcceptance(document, surveys, searched, all);
		if (now.code !== planned.code) throw changedMeanwhile();
		const remember = async () => {
			for (const { environment, place } of surveys) {
				const own = now.forgotten.filter(
					(each) => each.environment === environment && each.member === place.member,
				);
				if (own.length === 0) continue;
				const present = await verified(document, environment);
				await updateMemory(place, (memory) => forget(memory, own, document.links, present));
			}
		};
		return { result: undefined, remember };
	});
}
