/**
 * Forgets what a file lacks, once somebody has said so: the file is verified, and pin and marks move to what it has.
 */
import { type VaultDocument, verifyChains } from "../../vault/document/document.ts";
import { checkSignatures, isValidRecord } from "../../vault/records/seal.ts";
import { changedMeanwhile, editVault, type LoadedVault, loadVault } from "../files/vault-file.ts";
import type { GitPlace } from "../git/run.ts";
import { updateMemory } from "../memory/device-state.ts";
import { checkProject } from "../memory/first-use.ts";
import type { LinkedLog } from "../verify/verify-platform-log.ts";
import { type Acceptance, forget, planAcceptance, type Verified } from "./acceptance.ts";
import { type EnvironmentSurvey, type SurveyContext, surveyVault } from "./survey.ts";
import { type Way, waysOn } from "./ways.ts";
import { searchEverywhere, type Whereabouts } from "./whereabouts.ts";

/** What a file lacks, where that is, and what can be done. */
export interface Diagnosis {
	readonly document: VaultDocument;
	readonly surveys: readonly EnvironmentSurvey[];
	readonly whereabouts: Whereabouts;
	/** The best first. */
	readonly ways: readonly Way[];
}

export interface Looking {
	/** The project's folder, for git. */
	readonly git: GitPlace;
	/** Of linked environments, by name. */
	readonly logs: ReadonlyMap<string, LinkedLog>;
}

async function diagnosisOf(
	loaded: LoadedVault,
	context: SurveyContext,
	looking: Looking,
): Promise<Diagnosis> {
	const { document } = loaded;
	const surveys = await surveyVault(document, context);
	const isSound = surveys.every(({ lacking }) => lacking.length === 0);
	const whereabouts: Whereabouts = isSound
		? { found: [], candidates: [], underWay: undefined, isClean: true, notes: [] }
		: await searchEverywhere(looking.git, loaded, surveys, looking.logs);
	const ways = waysOn({ document, surveys, whereabouts, logs: looking.logs });
	return { document, surveys, whereabouts, ways };
}

/**
 * Finds out what the file lacks and where that is. Nothing is written.
 * @throws AppError `VAULT_NOT_FOUND` (exit 4), `STATE_DAMAGED` and faults of the file's syntax (exit 7)
 */
export async function diagnose(context: SurveyContext, looking: Looking): Promise<Diagnosis> {
	return diagnosisOf(await loadVault(context.root), context, looking);
}

/** @throws AppError exit 7 where the environment's chain does not hold */
async function verified(document: VaultDocument, environment: string): Promise<Verified | undefined> {
	if (!document.environments.has(environment)) return undefined;
	const { section, state } = verifyChains(document, environment);
	const validSignatures = await checkSignatures(state, section.records.values());
	const sound = [...section.records].filter(([, record]) => isValidRecord(state, record, validSignatures));
	return { links: section.links, epoch: state.epoch.number, records: new Map(sound) };
}

/**
 * Forgets what was planned, under the vault's lock and each memory's.
 * @param planned what somebody was shown and said yes to
 * @param all as it was planned
 * @throws AppError `VAULT_REPLACED` and whatever does not hold (exit 7); `VAULT_CHANGED_MEANWHILE` (exit 5) where it
 *   would by now be something else that is forgotten
 */
export async function accept(
	context: SurveyContext,
	looking: Looking,
	planned: Acceptance,
	all: boolean,
): Promise<void> {
	await editVault(context.root, async (loaded) => {
		await checkProject(context, loaded.document.vaultId);
		const { document, surveys, whereabouts } = await diagnosisOf(loaded, context, looking);
		const now = planAcceptance(document, surveys, whereabouts, all);
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
