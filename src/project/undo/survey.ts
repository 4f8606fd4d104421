/** Lists the items that this device remembers of a vault and that the file lacks, by environment. */
import type { VaultDocument } from "../../vault/document/document.ts";
import { type AbsentItem, type EnvironmentContents, findAbsentItems } from "../../vault/undo/absent-items.ts";
import { type LinkNote, noteLinks } from "../../vault/undo/link-note.ts";
import {
	type EnvironmentMemory,
	type MemoryLocation,
	readEnvironmentMemory,
} from "../memory/device-state.ts";
import { environmentsRemembered } from "../memory/known-vaults.ts";
import type { SessionContext } from "../session/session-context.ts";

/** An identity of this device, which has a memory. */
type Remembering = Pick<SessionContext, "identity" | "member">;

/** An identity of this device, its memory, and a project's folder. */
export interface SurveyContext extends Remembering, Pick<SessionContext, "root" | "stateFolder"> {
	/** The identity that this one has replaced, while the device keeps it for handovers. It has its own memory. */
	readonly previous?: Remembering | undefined;
}

export interface EnvironmentSurvey {
	readonly environment: string;
	/** The signing key of the identity that remembers it. */
	readonly sign: string;
	readonly place: MemoryLocation;
	readonly memory: EnvironmentMemory;
	/** Empty if the file has all remembered items. */
	readonly lacking: readonly AbsentItem[];
}

/**
 * An environment as a document has it. If the document's chain deleted the environment, only the vault's own
 * chain is compared.
 */
export function presentIn(
	document: VaultDocument,
	environment: string,
	genesis: string | undefined,
): EnvironmentContents {
	const section = document.environments.get(environment);
	const vault = document.links;
	if (section) return { vault, environment: section.links, records: section.records };
	const wasCreated = vault.some(
		({ change }) => change[0] === "create" && change[1] === environment && change[2] === genesis,
	);
	const wasDeleted = vault.some(({ change }) => change[0] === "delete" && change[1] === environment);
	return wasCreated && wasDeleted
		? { vault, environment: undefined, records: undefined }
		: { vault, environment: [], records: new Map() };
}

/** The items in one environment's memory that a document lacks. */
export function lackingIn(
	document: VaultDocument,
	environment: string,
	memory: EnvironmentMemory,
): AbsentItem[] {
	return findAbsentItems(memory, presentIn(document, environment, memory.pin?.environment[0]));
}

/** Notes on the links of the file that an environment's memory does not have, if the memory has pinned its chains. */
export function newLinks(
	document: VaultDocument,
	environment: string,
	{ pin }: Pick<EnvironmentMemory, "pin">,
): LinkNote[] {
	const links = document.environments.get(environment)?.links ?? [];
	if (!pin) return [];
	const pinned = new Set([...pin.vault, ...pin.environment]);
	return noteLinks(document.links, links, () => false).filter(({ hash }) => !pinned.has(hash));
}

/** Compares the file with every remembered environment. @throws AppError `STATE_DAMAGED` (exit 7) */
export async function surveyVault(
	document: VaultDocument,
	context: SurveyContext,
): Promise<EnvironmentSurvey[]> {
	const { previous, ...present } = context;
	const surveys = await surveyOne(document, present);
	return previous ? [...surveys, ...(await surveyOne(document, { ...present, ...previous }))] : surveys;
}

async function surveyOne(
	document: VaultDocument,
	{ root, identity, member, stateFolder }: SurveyContext,
): Promise<EnvironmentSurvey[]> {
	const surveys: EnvironmentSurvey[] = [];
	for (const environment of await environmentsRemembered(stateFolder, document.vaultId, member)) {
		const { publicKeys, stateKey } = identity;
		const { vaultId } = document;
		const place: MemoryLocation = { folder: stateFolder, vaultId, environment, member, stateKey, root };
		const memory = await readEnvironmentMemory(place);
		const lacking = lackingIn(document, environment, memory);
		surveys.push({ environment, sign: publicKeys.sign, place, memory, lacking });
	}
	return surveys;
}
