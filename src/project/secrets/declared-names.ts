/** Which names the environments of a vault have. The vault stores names in the clear, so this needs no identity. */
import { cryptoReady } from "../../crypto.ts";
import { type VaultDocument, verifyChains } from "../../vault/document/document.ts";
import { compareNames } from "../../vault/syntax/syntax.ts";
import { loadVault } from "../files/vault-file.ts";

/** A name, and the environments that have it, lack it, or have deleted it. Each environment is in one list. */
export interface DeclaredName {
	readonly name: string;
	readonly present: readonly string[];
	readonly absent: readonly string[];
	readonly deleted: readonly string[];
}

export interface DeclaredNames {
	/** The environments that were read, sorted. */
	readonly environments: readonly string[];
	/** Sorted by name. */
	readonly names: readonly DeclaredName[];
}

/**
 * Reads the names of several environments, and verifies their chains.
 * @param chosen the environments; none stands for every environment of the vault
 * @throws AppError exit 4 if there is no vault or no such environment, exit 5 for a vault in conflict, exit 7 if the
 *   vault is invalid
 */
export async function declaredNames(root: string, chosen: readonly string[]): Promise<DeclaredNames> {
	const { document } = await loadVault(root);
	await cryptoReady;
	const wanted = chosen.length > 0 ? chosen : [...document.environments.keys()];
	for (const name of new Set(wanted)) verifyChains(document, name);
	return namesIn(document, wanted);
}

/**
 * The names of several environments of a document, as it is: no chain is verified.
 * @param wanted the environments, in any order
 */
export function namesIn(document: VaultDocument, wanted: readonly string[]): DeclaredNames {
	const environments = [...new Set(wanted)].sort(compareNames);
	const sections = environments.map((name) => document.environments.get(name)?.records);
	const all = [...new Set(sections.flatMap((records) => [...(records?.keys() ?? [])]))].sort(compareNames);
	const names = all.map((name) => {
		const where = (kind: "live" | "deleted" | undefined) =>
			environments.filter((_, at) => sections[at]?.get(name)?.kind === kind);
		return { name, present: where("live"), absent: where(undefined), deleted: where("deleted") };
	});
	return { environments, names };
}
