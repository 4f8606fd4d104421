/**
 * Updates a device's memory after its user has resolved a conflict: the resolution replaces the items of both sides.
 */
import { attempt } from "../../errors.ts";
import { type Link, linkHash } from "../../vault/chains/chain.ts";
import { type EnvironmentSection, type VaultDocument, verifyChains } from "../../vault/document/document.ts";
import { recordDigest, type SealedRecord } from "../../vault/records/record.ts";
import { isValidRecord } from "../../vault/records/seal.ts";
import { sharedLength } from "../../vault/undo/absent-items.ts";
import {
	type EnvironmentMemory,
	type MemoryLocation,
	readEnvironmentMemory,
	updateMemory,
} from "../memory/device-state.ts";
import type { SurveyContext } from "./survey.ts";

interface Sides {
	readonly ours: VaultDocument;
	readonly theirs: VaultDocument;
	/** The names that a person decided, with their environments. */
	readonly decided: readonly { readonly environment: string; readonly name: string }[];
}

/** The chain to pin: the resolution's, if the pinned chain is a beginning of one of the sides. */
function pinnedAfter(
	pinned: readonly string[],
	result: readonly Link[],
	sides: readonly (readonly Link[] | undefined)[],
): readonly string[] {
	const isKnown = (links: readonly Link[]) => sharedLength(pinned, links) === pinned.length;
	if (isKnown(result) || !sides.some((links) => links && isKnown(links))) return pinned;
	return result.map(linkHash);
}

function holds(record: SealedRecord, document: VaultDocument, environment: string): boolean {
	const state = attempt(() => verifyChains(document, environment).state);
	return state !== undefined && isValidRecord(state, record);
}

function settle(
	memory: EnvironmentMemory,
	section: EnvironmentSection,
	result: VaultDocument,
	sides: Sides,
): void {
	const { pin } = memory;
	if (!pin) return;
	const both = [sides.ours, sides.theirs];
	const sections = both.map(({ environments }) => environments.get(section.name));
	const vault = pinnedAfter(
		pin.vault,
		result.links,
		both.map(({ links }) => links),
	);
	const environment = pinnedAfter(
		pin.environment,
		section.links,
		sections.map((each) => each?.links),
	);
	const isMoved = environment !== pin.environment;
	const epoch = isMoved ? verifyChains(result, section.name).state.epoch.number : pin.epoch;
	memory.pin = { vault, environment, epoch };
	const decided = new Set(
		sides.decided.filter(({ environment }) => environment === section.name).map(({ name }) => name),
	);
	for (const [name, mark] of memory.marks) {
		const record = section.records.get(name);
		const known = sections.map((each) => each?.records.get(name)).filter((each) => each !== undefined);
		if (!record || !known.some((each) => recordDigest(each) === mark.digest)) continue;
		const digest = recordDigest(record);
		if (digest === mark.digest || !holds(record, result, section.name)) continue;
		const { author, version } = record;
		// The merge takes an older record too, if only one side changed it. Nobody chose that one, so it is reported.
		if (version < mark.version && !decided.has(name)) continue;
		memory.floors.set(name, Math.max(mark.version, memory.floors.get(name) ?? 0));
		memory.marks.set(name, { version, digest, author, made: false });
	}
}

/**
 * Updates the memory of every environment that the resolution has and that this device remembers.
 * @param result the resolved vault
 * @throws AppError `STATE_DAMAGED` (exit 7), `FILE_UNWRITABLE` (exit 1)
 */
export async function updateMemoryAfterResolve(
	{ identity, member, root, stateFolder }: SurveyContext,
	result: VaultDocument,
	sides: Sides,
): Promise<void> {
	for (const section of result.environments.values()) {
		const place: MemoryLocation = {
			folder: stateFolder,
			vaultId: result.vaultId,
			environment: section.name,
			member,
			stateKey: identity.stateKey,
			root,
		};
		if ((await readEnvironmentMemory(place)).pin)
			await updateMemory(place, (memory) => settle(memory, section, result, sides));
	}
}
