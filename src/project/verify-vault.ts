/**
 * Strictly checks a whole vault: every chain, every signature, and every record that this identity may open. Compares
 * all of them with this device's memory. Continues after a fault, and lists what it could not check.
 */
import { AppError, EXIT } from "../errors.ts";
import { type RootState, verifyRoot } from "../vault/chains/vault-chain.ts";
import type { VaultDocument } from "../vault/document/document.ts";
import { compareNames } from "../vault/syntax/syntax.ts";
import { type LoadedVault, loadVault } from "./files/vault-file.ts";
import { readProjectPin } from "./memory/device-state.ts";
import { openSession } from "./session/open-session.ts";
import { surveyVault } from "./undo/survey.ts";
import { type Finding, Findings } from "./verify/findings.ts";
import {
	type CheckedEnvironment,
	checkEnvironment,
	type EnvironmentCheck,
	type VerifyContext,
} from "./verify/verify-environment.ts";

export interface VerifyReport {
	/** Null if the file could not be parsed as a vault. */
	readonly vaultId: string | null;
	readonly environments: readonly CheckedEnvironment[];
	/** In the order of the file. */
	readonly findings: readonly Finding[];
	/** Sentences about what could not be checked, and why. */
	readonly unchecked: readonly string[];
}

/** Codes of errors that are not damage and have their own exit status. */
const NOT_FINDINGS = ["VAULT_NOT_FOUND", "VAULT_CONFLICTED", "VAULT_VERSION_UNKNOWN", "FILE_UNREADABLE"];

/**
 * Checks the project's vault.
 * @throws AppError `VAULT_NOT_FOUND`, `ENVIRONMENT_NOT_FOUND` (exit 4), `VAULT_CONFLICTED` (exit 5),
 *   `VAULT_VERSION_UNKNOWN` (exit 1). All other faults are in the report
 */
export async function verifyVault(context: VerifyContext): Promise<VerifyReport> {
	const findings = new Findings();
	const { list, unchecked } = findings;
	const loaded = await load(context.root, findings);
	if (!loaded) {
		unchecked.push(
			"Everything else: after a syntax error, the rest of the file cannot be read with certainty.",
		);
		return { vaultId: null, environments: [], findings: list, unchecked };
	}
	const { document } = loaded;
	const checks: EnvironmentCheck[] = [];
	const root = findings.attempt(null, null, () => verifyRoot(document.vaultId, document.links));
	await checkProject(context, document.vaultId, findings);
	if (root) {
		for (const name of namesToCheck(root, document, context.environment)) {
			const check = await checkEnvironment(context, { document, root, name }, findings);
			if (check) checks.push(check);
		}
	} else {
		unchecked.push(
			"The environments: the vault's own chain is invalid, so it is unknown which environments belong to the vault.",
		);
	}
	if (root) await checkForgottenEnvironments(context, { document, known: root.environments }, findings);
	if (!context.holder) unchecked.push("Values and earlier versions: this device has no identity.");
	if (list.length === 0) await rememberAll(context, loaded, checks);
	const environments = checks.map(({ checked }) => checked);
	const ordered = [...list].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
	return { vaultId: document.vaultId, environments, findings: ordered, unchecked };
}

async function load(root: string, findings: Findings): Promise<LoadedVault | undefined> {
	try {
		return await loadVault(root);
	} catch (error) {
		if (!(error instanceof AppError) || NOT_FINDINGS.includes(error.code)) throw error;
		findings.add(null, null, error);
		return undefined;
	}
}

function namesToCheck(root: RootState, document: VaultDocument, only: string | undefined): string[] {
	const known = new Set([...root.environments.keys(), ...document.environments.keys()]);
	if (only === undefined) return [...known].sort(compareNames);
	if (known.has(only)) return [only];
	throw new AppError({
		code: "ENVIRONMENT_NOT_FOUND",
		message: `This vault has no environment '${only}'.`,
		hint: `It has: ${[...known].sort(compareNames).join(", ")}.`,
		exit: EXIT.notFound,
	});
}

/** Checks whether this folder or this identity is bound to another vault. */
async function checkProject(context: VerifyContext, vaultId: string, findings: Findings): Promise<void> {
	const { holder, root } = context;
	if (!holder) return;
	const { member, stateFolder, identity } = holder;
	const place = { folder: stateFolder, member, stateKey: identity.stateKey, root };
	const pinned = await findings.attemptAsync(null, () => readProjectPin(place));
	for (const expected of [identity.vaultPin, pinned]) {
		if (expected === undefined || expected === vaultId) continue;
		findings.add(null, null, {
			code: "VAULT_REPLACED",
			message: `coffer.vault is a different vault (${vaultId}) from the one that this device knows here (${expected}).`,
			line: 1,
		});
		return;
	}
	if (pinned === undefined && identity.vaultPin === undefined)
		findings.unchecked.push(
			`Whether this is the right vault: this is its first use here. Compare its fingerprint with a teammate's: ${vaultId}`,
		);
}

/** Finds environments that this device has seen and that the vault in the file never had. */
async function checkForgottenEnvironments(
	{ environment: only, holder, root }: VerifyContext,
	{ document, known }: { document: VaultDocument; known: RootState["environments"] },
	findings: Findings,
): Promise<void> {
	if (!holder || only !== undefined) return;
	// Damage of the memory was reported before.
	const { identity, member, stateFolder } = holder;
	const surveys = await surveyVault(document, { identity, member, root, stateFolder }).catch(appErrorsOnly);
	for (const { environment, lacking } of surveys ?? [])
		if (!document.environments.has(environment) && !known.has(environment) && lacking.length > 0)
			findings.add(environment, null, {
				code: "MEMBERSHIP_ROLLED_BACK",
				message: `This device has seen changes of environment '${environment}' that the vault in this file has never had.`,
				line: document.links.at(-1)?.line,
			});
}

function appErrorsOnly(error: unknown): undefined {
	if (!(error instanceof AppError)) throw error;
}

/** Remembers the environments of a vault that has no fault, as every command that reads them does. */
async function rememberAll(
	context: VerifyContext,
	loaded: LoadedVault,
	checks: readonly EnvironmentCheck[],
): Promise<void> {
	const { holder, root } = context;
	for (const { checked, validSignatures } of holder ? checks : []) {
		const { environment, opened } = checked;
		if (!holder || opened === null) continue;
		const session = await openSession(loaded, { ...holder, root, environment });
		await session.expectAll(validSignatures);
		for (const record of session.verified.section.records.values()) session.trust(record);
		await session.remember(loaded);
	}
}
