/** Checks of the project's vault: whether it can be read, and which environments this device can open. */
import { AppError, attempt } from "../../errors.ts";
import type { Identity } from "../../identity/identity.ts";
import { printable } from "../../printable.ts";
import { loadVault } from "../../project/files/vault-file.ts";
import { hiddenVault } from "../../project/git/hidden-vault.ts";
import { valuesIn } from "../../project/plaintext/live-values.ts";
import { readVaultInConflict } from "../../project/read-conflict.ts";
import type { VaultDocument } from "../../vault/document/document.ts";
import { checkPin } from "../../vault/document/version-marks.ts";
import { type Environment, inheritedEnvironment } from "../shell/process-environment.ts";
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

/** An environment whose file lacks changes of members that this device knows. */
interface Lacking {
	readonly environment: string;
	/** Whether the file has other changes instead: commands refuse it then, and otherwise only to write. */
	readonly isRefused: boolean;
	/** The command that resolves it. */
	readonly remedy: string;
}

/** Compares the members with this device's memory. */
async function findLacking(environment: Environment): Promise<Lacking[]> {
	const { diagnoseProject } = await import("../undo/diagnosis.ts");
	const diagnosis = await diagnoseProject(environment, true).catch(() => undefined);
	if (!diagnosis) return [];
	const { document, surveys, ways } = diagnosis;
	const remedy = ways[0]?.commands.join(" && ") ?? "coffer vault verify";
	return surveys.flatMap(({ environment: name, lacking, memory: { pin } }) => {
		const section = document.environments.get(name);
		if (!section || !pin || !lacking.some(({ kind }) => kind === "link")) return [];
		const links = { vault: document.links, environment: section.links };
		const isRefused = attempt(() => checkPin(pin, name, links)) === undefined;
		return [{ environment: name, isRefused, remedy }];
	});
}

function lackingCheck({ environment, isRefused, remedy }: Lacking): Fixable {
	const what = `coffer.vault lacks changes of members that this device knows, so commands`;
	return isRefused
		? failure("membership", `${what} refuse environment '${environment}'.`, remedy)
		: warning("membership", `${what} write nothing in environment '${environment}'.`, remedy);
}

function membership(document: VaultDocument, identity: Identity, lacking: readonly Lacking[]): Fixable[] {
	const found = valuesIn(document, identity);
	const { closed } = found;
	const refused = new Set(lacking.flatMap((each) => (each.isRefused ? [each.environment] : [])));
	const opened = found.opened.filter((name) => !refused.has(name));
	const damaged = closed.filter(({ code }) => code !== "NOT_A_MEMBER");
	const others = closed.filter(({ code }) => code === "NOT_A_MEMBER").map(({ environment }) => environment);
	const checks = damaged.map(({ code, environment }) =>
		failure("environments", `Environment '${environment}' of the vault is damaged (${code}).`, RESTORE),
	);
	checks.push(...lacking.map(lackingCheck));
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

/** The command that mends a file that cannot be read; null if none does. */
async function remedyFor(root: string, code: string): Promise<string | null> {
	if (code in REMEDIES) return REMEDIES[code] ?? null;
	// Such as line ends that git or an editor changed, or a merge by hand, which the last commit may have too.
	const read = await readVaultInConflict(root, inheritedEnvironment()).catch(() => undefined);
	return read?.conflict || read?.laidOut !== undefined ? "coffer vault resolve" : RESTORE;
}

/** Checks the vault of a project. @param identity undefined if this device has none: then only the file is checked */
export async function checkVault(
	root: string,
	identity: Identity | undefined,
	environment: Environment,
): Promise<Fixable[]> {
	try {
		const { document } = await loadVault(root);
		const vault = ok("vault", `The vault ${document.vaultId} can be read.`);
		return [vault, ...(identity ? membership(document, identity, await findLacking(environment)) : [])];
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		const remedy = await remedyFor(root, error.code);
		const text = remedy === null ? `${error.message} ${error.hint}` : error.message;
		return [failure("vault", text, remedy)];
	}
}

/** Outside a project: whether git has a vault for this folder, which the folder does not contain. */
export async function checkHiddenVault(folder: string): Promise<Fixable[]> {
	const hidden = await hiddenVault(folder, inheritedEnvironment(), "other-refs").catch(() => undefined);
	if (!hidden) return [];
	const text = `Git has a coffer.vault for ${printable(hidden.folder, 300)}, but the folder does not contain it: ${hidden.why}.`;
	return [failure("vault", text, printable(hidden.command, 400))];
}
