/**
 * A vault in memory, as its text says it: nothing here is verified yet (`verifyRoot`, `verifyEnvironment`, `verifyRecord`).
 */
import { AppError, EXIT } from "../../errors.ts";
import type { Link } from "../chains/chain.ts";
import { type EnvironmentState, verifyEnvironment } from "../chains/membership.ts";
import { type RootState, verifyRoot } from "../chains/vault-chain.ts";
import type { SealedRecord } from "../records/record.ts";
import { LIMITS, malformed } from "../syntax/syntax.ts";
import type { FileChains, Pin } from "./version-marks.ts";

export interface EnvironmentSection {
	readonly name: string;
	/** 1-based line of its first line. */
	readonly line: number;
	readonly links: readonly Link[];
	/** Sorted by name. Tombstones included. */
	readonly records: ReadonlyMap<string, SealedRecord>;
}

export interface VaultDocument {
	readonly vaultId: string;
	/** The vault's own chain. */
	readonly links: readonly Link[];
	/** Sorted by name. */
	readonly environments: ReadonlyMap<string, EnvironmentSection>;
}

/** One environment with its chains verified. */
export interface VerifiedEnvironment {
	readonly root: RootState;
	readonly state: EnvironmentState;
	readonly section: EnvironmentSection;
}

/** The links of both chains of an environment; none of one that the document does not have. */
export function chainsOf({ links, environments }: VaultDocument, environment: string): FileChains {
	return { vault: links, environment: environments.get(environment)?.links ?? [] };
}

function wasDeleted({ links }: VaultDocument, environment: string): boolean {
	return links.some(({ change }) => change[0] === "delete" && change[1] === environment);
}

/**
 * Verifies the vault's chain and one environment's.
 * @param pin what this device verified of both chains before, which it need not verify again
 * @throws AppError `ENVIRONMENT_NOT_FOUND` (exit 4), or exit 7 for any fault of the chains
 */
export function verifyChains(document: VaultDocument, environment: string, pin?: Pin): VerifiedEnvironment {
	const root = verifyRoot(document.vaultId, document.links, pin?.vault);
	const section = document.environments.get(environment);
	if (!section) {
		const known = [...document.environments.keys()].join(", ");
		if (root.environments.has(environment)) {
			throw malformed(
				"VAULT_ENVIRONMENT_DROPPED",
				`environment '${environment}' belongs to this vault, but its section is gone.`,
				document.links.at(-1)?.line ?? 1,
			);
		}
		throw new AppError({
			code: "ENVIRONMENT_NOT_FOUND",
			message: wasDeleted(document, environment)
				? `Environment '${environment}' was deleted from this vault.`
				: `This vault has no environment '${environment}'.`,
			hint: `It has: ${known}. Choose one with --environment NAME.`,
			exit: EXIT.notFound,
		});
	}
	const state = verifyEnvironment(root, environment, section.links, section.line, pin?.environment);
	return { root, section, state };
}

/** The document with an environment's records replaced or added, and its links where given. */
export function withRecords(
	document: VaultDocument,
	environment: string,
	records: Iterable<SealedRecord>,
	links?: readonly Link[],
): VaultDocument {
	const section = document.environments.get(environment);
	if (!section) throw new TypeError(`No section '${environment}'.`);
	const merged = new Map(section.records);
	for (const record of records) merged.set(record.name, record);
	if (merged.size > LIMITS.recordsPerEnvironment) {
		throw new AppError({
			code: "TOO_MANY_SECRETS",
			message: `Environment '${environment}' would hold ${merged.size} secrets (deleted ones counted); the limit is ${LIMITS.recordsPerEnvironment}.`,
			hint: "Split the secrets over several environments.",
			exit: EXIT.usage,
		});
	}
	return withSection(document, { ...section, links: links ?? section.links, records: merged });
}

/** The document with one environment's section put in place. */
export function withSection(document: VaultDocument, section: EnvironmentSection): VaultDocument {
	return { ...document, environments: new Map(document.environments).set(section.name, section) };
}
