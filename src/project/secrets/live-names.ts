/** The names of an environment's secrets. The vault stores names in the clear, so this needs no identity. */
import { cryptoReady } from "../../crypto.ts";
import { verifyChains } from "../../vault/document/document.ts";
import { loadVault } from "../files/vault-file.ts";

/** @throws AppError exit 4 if there is no vault or no such environment, exit 7 if the vault is invalid */
export async function liveNames(root: string, environment: string): Promise<ReadonlySet<string>> {
	const { document } = await loadVault(root);
	await cryptoReady;
	const { records } = verifyChains(document, environment).section;
	return new Set([...records.values()].filter(({ kind }) => kind === "live").map(({ name }) => name));
}
