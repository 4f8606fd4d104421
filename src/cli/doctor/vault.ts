/** Checks of the project's vault: whether it can be read, and which environments this device can open. */
import { AppError } from "../../errors.ts";
import type { Identity } from "../../identity/identity.ts";
import { loadVault } from "../../project/files/vault-file.ts";
import { valuesIn } from "../../project/plaintext/live-values.ts";
import type { VaultDocument } from "../../vault/document/document.ts";
import { type Fixable, failure, ok, warning } from "./check.ts";

/** Keeps the damaged file: it may have changes that are not committed. */
const RESTORE = "cp coffer.vault coffer.vault.damaged && git checkout HEAD -- coffer.vault";
/** The commands that mend a vault that cannot be read; null if none does. */
const REMEDIES: Readonly<Record<string, string | null>> = {
	VAULT_CONFLICTED: "coffer vault resolve",
	VAULT_NOT_FOUND: "git checkout HEAD -- coffer.vault",
	// A newer version of Coffer has written it.
	VAULT_VERSION_UNKNOWN: null,
};

function membership(document: VaultDocument, identity: Identity): Fixable[] {
	const { closed, opened } = valuesIn(document, identity);
	const damaged = closed.filter(({ code }) => code !== "NOT_A_MEMBER");
	const others = closed.filter(({ code }) => code === "NOT_A_MEMBER").map(({ environment }) => environment);
	const checks = damaged.map(({ code, environment }) =>
		failure("environments", `Environment '${environment}' of the vault is damaged (${code}).`, RESTORE),
	);
	const ask = "A writer adds the key that this command prints.";
	if (opened.length > 0) checks.push(ok("membership", `This device opens ${[...opened].sort().join(", ")}.`));
	if (others.length > 0 && opened.length > 0)
		checks.push(
			warning("environments", `This device cannot open ${others.join(", ")}. ${ask}`, "coffer identity show"),
		);
	else if (others.length > 0)
		checks.push(
			failure(
				"membership",
				`This device is no member of the vault (${others.join(", ")}). ${ask}`,
				"coffer identity show",
			),
		);
	return checks;
}

/** Checks the vault of a project. @param identity undefined if this device has none: then only the file is checked */
export async function checkVault(root: string, identity: Identity | undefined): Promise<Fixable[]> {
	try {
		const { document } = await loadVault(root);
		const vault = ok("vault", `The vault ${document.vaultId} can be read.`);
		return [vault, ...(identity ? membership(document, identity) : [])];
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		const remedy = error.code in REMEDIES ? (REMEDIES[error.code] ?? null) : RESTORE;
		const text = remedy === null ? `${error.message} ${error.hint}` : error.message;
		return [failure("vault", text, remedy)];
	}
}
