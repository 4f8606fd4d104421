/** Reads the names in the current project for completion, without a key, a network request or an error. */
import { cryptoReady } from "../../crypto.ts";
import { currentFolder, findRoot } from "../../project/files/project-root.ts";
import { loadVault } from "../../project/files/vault-file.ts";
import { discoverFunctions } from "../../project/functions/discover.ts";
import { environmentNames } from "../../project/members/environments.ts";
import type { VaultDocument } from "../../vault/document/document.ts";
import { verifyChains } from "../../vault/document/document.ts";
import type { NameKind } from "./candidates.ts";

export type Names = (kind: NameKind, environment: string) => readonly string[];

function secretNames({ environments }: VaultDocument, environment: string): string[] {
	const records = environments.get(environment)?.records.values() ?? [];
	return [...records].filter(({ kind }) => kind === "live").map(({ name }) => name);
}

function memberNames(document: VaultDocument, environment: string): string[] {
	return [...verifyChains(document, environment).state.members.values()].map(({ name }) => name);
}

/**
 * Reads the project's names. There are none if they cannot be read: no project, or a vault in conflict.
 * @param kinds the kinds of names that are needed; nothing else is read
 */
export async function projectNames(kinds: ReadonlySet<NameKind>): Promise<Names> {
	if (kinds.size === 0) return () => [];
	try {
		const root = findRoot(currentFolder());
		if (root === undefined) return () => [];
		const functions = kinds.has("functions") ? (await discoverFunctions(root)).map(({ name }) => name) : [];
		const needsVault = [...kinds].some((kind) => kind !== "functions");
		await cryptoReady;
		const document = needsVault ? (await loadVault(root)).document : undefined;
		return (kind, environment) => {
			if (kind === "functions") return functions;
			if (!document) return [];
			if (kind === "environments") return environmentNames(document);
			if (!document.environments.has(environment)) return [];
			return kind === "secrets" ? secretNames(document, environment) : memberNames(document, environment);
		};
	} catch {
		return () => [];
	}
}
