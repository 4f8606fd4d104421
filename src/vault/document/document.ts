/**
 * A parsed vault. Parsing checks the syntax alone; `verifyRoot`, `verifyEnvironment` and `verifyRecord` check
 * signatures.
 */
import { AppError, EXIT } from "../../errors.ts";
import type { Link } from "../chains/chain.ts";
import { type EnvironmentState, verifyEnvironment } from "../chains/membership.ts";
import { type RootState, verifyRoot } from "../chains/vault-chain.ts";
import type { SealedRecord } from "../records/record.ts";
import { LIMITS, malformed } from "../syntax/syntax.ts";
import { TextRecords } from "./text-records.ts";
import type { FileChains, Pin } from "./version-marks.ts";

export interface EnvironmentSection {
	readonly name: string;
	/** 1-based number of its first line. */
	readonly line: number;
	readonly links: readonly Link[];
	/** Sorted by name, tombstones included. */
	readonly records: ReadonlyMap<string, SealedRecord>;
}

export interface VaultDocument {
	readonly vaultId: string;
	/** The vault's own chain. */
	readonly links: readonly Link[];
	/** Sorted by name. */
	readonly environments: ReadonlyMap<string, EnvironmentSection>;
}

/** One environment whose chains are verified. */
export interface VerifiedEnvironment {
	readonly root: RootState;
	readonly state: EnvironmentState;
	readonly section: EnvironmentSection;
}

/** The links of both chains. The environment's list is empty if the document has no such environment. */
export function chainsOf({ links, environments }: VaultDocument, environment: string): FileChains {
	return { vault: links, environment: environments.get(environment)?.links ?? [] };
}

function wasDeleted({ links }: VaultDocument, environment: string): boolean {
	return links.some(({ change }) => change[0] === "delete" && change[1] === environment);
}

/**
 * Verifies the vault's own chain and the chain of one environment.
 * @param pin the links that this device verified earlier; their signatures are not verified again
 * @throws AppError `ENVIRONMENT_NOT_FOUND` (exit 4); `VAULT_ENVIRONMENT_DROPPED` or a fault of a chain (exit 7)
 */
export function verifyChains(document: VaultDocument, environment: string, pin?: Pin): VerifiedEnvironment {
	const root = verifyRoot(document.vaultId, document.links, pin?.vault);
	const section = document.environments.get(environment);
	if (!section) {
		const known = [...document.environments.keys()].join(", ");
		if (root.environments.has(environment)) {
			throw malformed(
				"VAULT_ENVIRONMENT_DROPPED",
				`environment '${environment}' belongs to this vault, but its section is missing.`,
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

function mergedRecords(
	present: EnvironmentSection["records"],
	records: Iterable<SealedRecord>,
): EnvironmentSection["records"] {
	if (present instanceof TextRecords) return present.with(records);
	const merged = new Map(present);
	for (const record of records) merged.set(record.name, record);
	return merged;
}

/**
 * Returns a document with the given records added to an environment; a record replaces one with the same name.
 * @param links the environment's links, if they change too
 * @throws AppError `TOO_MANY_SECRETS` (exit 2)
 */
export function withRecords(
	document: VaultDocument,
	environment: string,
	records: Iterable<SealedRecord>,
	links?: readonly Link[],
): VaultDocument {
	const section = document.environments.get(environment);
	if (!section) throw new TypeError(`No section '${environment}'.`);
	const merged = mergedRecords(section.records, records);
	if (merged.size > LIMITS.recordsPerEnvironment) {
		throw new AppError({
			code: "TOO_MANY_SECRETS",
			message: `Environment '${environment}' would have ${merged.size} secrets, deleted ones included; the limit is ${LIMITS.recordsPerEnvironment}.`,
			hint: "Divide the secrets among several environments.",
			exit: EXIT.usage,
		});
	}
	return withSection(document, { ...section, links: links ?? section.links, records: merged });
}

/** Returns a document with the section added, or replaced if the document has one with that name. */
export function withSection(document: VaultDocument, section: EnvironmentSection): VaultDocument {
	return { ...document, environments: new Map(document.environments).set(section.name, section) };
}
