/** The names of an environment's secrets, which the vault holds in the clear: no identity is needed to list them. */
import { cryptoReady } from "../../crypto.ts";
import { verifyChains } from "../../vault/document/document.ts";
import { loadVault } from "../files/vault-file.ts";

/** @throws AppError where there is no vault, it cannot be read, or it has no such environment (exit 4) */
export async function liveNames(root: string, environment: string): Promise<ReadonlySet<string>> {
	const { document } = await loadVault(root);
	await cryptoReady;
	const { records } = verifyChains(document, environment).section;
	return new Set([...records.values()].filter(({ kind }) => kind === "live").map(({ name }) => name));
}
