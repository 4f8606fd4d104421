/** Creates and deletes the environments of a vault. Only an owner may do so. */
import { AppError, EXIT } from "../../errors.ts";
import { makeDeleteEnvironment, type PublicMember, verifyRoot } from "../../vault/chains/vault-chain.ts";
import { createEnvironment } from "../../vault/document/create.ts";
import type { VaultDocument } from "../../vault/document/document.ts";
import { checkPin } from "../../vault/document/version-marks.ts";
import { LIMITS } from "../../vault/syntax/syntax.ts";
import { editVault, type LoadedVault, loadVault } from "../files/vault-file.ts";
import { readEnvironmentMemory } from "../memory/device-state.ts";
import { checkVaultId } from "../memory/first-use.ts";
import { environmentsRemembered } from "../memory/known-vaults.ts";
import { openSession } from "../session/open-session.ts";
import type { Snapshot } from "../session/provenance.ts";
import type { SessionContext } from "../session/session.ts";
import { lastLink } from "./members.ts";

export interface EnvironmentEdit {
	readonly warnings: readonly string[];
}

/**
 * Checks that this identity owns the vault, and that the vault's chain is the newest that this device has seen.
 * @throws AppError `NOT_AN_OWNER` (exit 3); `VAULT_REPLACED`, `MEMBERSHIP_DIVERGED`, `MEMBERSHIP_OLDER` (exit
 *   7)
 */
export async function requireOwner(
	{ document }: LoadedVault,
	context: SessionContext,
): Promise<{ owner: PublicMember; warnings: string[] }> {
	const warnings = await checkVaultId(context, document.vaultId);
	const root = verifyRoot(document.vaultId, document.links);
	const names = await environmentsRemembered(context.stateFolder, document.vaultId, context.member);
	for (const name of names) {
		const { stateFolder: folder, member, identity } = context;
		const place = { folder, member, stateKey: identity.stateKey, root: context.root };
		const { pin } = await readEnvironmentMemory({ ...place, vaultId: document.vaultId, environment: name });
		// The memory of every environment pins the vault's chain, including an environment that this file does not have.
		const links = document.environments.get(name)?.links;
		const seen = pin && (links ? pin : { ...pin, environment: [] });
		if (seen && checkPin(seen, name, { vault: document.links, environment: links ?? [] }).older)
			throw olderChain();
	}
	const owner = root.owners.get(context.identity.publicKeys.sign);
	if (owner) return { owner, warnings };
	throw new AppError({
		code: "NOT_AN_OWNER",
		message: "This device's identity is not an owner of the vault.",
		hint: `Ask an owner: ${[...root.owners.values()].map(({ name }) => name).join(", ")}.`,
		exit: EXIT.unauthorised,
	});
}

function olderChain(): AppError {
	return new AppError({
		code: "MEMBERSHIP_OLDER",
		message: "The membership in this file is older than this device has seen.",
		hint: "Nothing was changed. To find the newer one: coffer vault verify",
		exit: EXIT.integrity,
	});
}

/** @throws AppError `ENVIRONMENT_EXISTS` (exit 5), `VAULT_FULL` (exit 2) */
function requireNew(document: VaultDocument, name: string): void {
	if (document.environments.has(name)) {
		throw new AppError({
			code: "ENVIRONMENT_EXISTS",
			message: `This vault has an environment '${name}' already.`,
			hint: "Choose another name.",
			exit: EXIT.conflict,
		});
	}
	if (document.environments.size < LIMITS.environments) return;
	throw new AppError({
		code: "VAULT_FULL",
		message: `A vault has at most ${LIMITS.environments} environments.`,
		hint: "Delete one first (coffer environments delete NAME).",
		exit: EXIT.usage,
	});
}

/**
 * Creates an environment with its own key. Its creator is the only member.
 * @param context its `environment` is the new name
 * @throws AppError as `requireOwner` and `requireNew`
 */
export async function addEnvironment(context: SessionContext): Promise<EnvironmentEdit> {
	return editVault(context.root, async (loaded) => {
		const { owner, warnings } = await requireOwner(loaded, context);
		requireNew(loaded.document, context.environment);
		const before: Snapshot = {
			digest: loaded.digest,
			vault: loaded.document.links,
			environment: [],
			records: new Map(),
		};
		const document = createEnvironment(loaded.document, context.environment, owner, context.identity);
		const remember = async (now: LoadedVault) =>
			(await openSession(now, context)).remember(now, [], { before });
		return { document, result: { warnings }, remember };
	});
}

/** @throws AppError `ENVIRONMENT_NOT_FOUND` (exit 4), `LAST_ENVIRONMENT` (exit 2) */
function requireDeletable(document: VaultDocument, name: string): void {
	// An environment whose section is missing can be deleted too. Otherwise, if every copy of the section is lost, the
	// vault could not be used any more.
	const known = [...verifyRoot(document.vaultId, document.links).environments.keys()];
	if (!known.includes(name)) {
		throw new AppError({
			code: "ENVIRONMENT_NOT_FOUND",
			message: `This vault has no environment '${name}'.`,
			hint: `It has: ${known.join(", ")}.`,
			exit: EXIT.notFound,
		});
	}
	if (known.length > 1) return;
	throw new AppError({
		code: "LAST_ENVIRONMENT",
		message: `'${name}' is the only environment of this vault.`,
		hint: "Create another one first.",
		exit: EXIT.usage,
	});
}

/**
 * Checks that this identity may delete the environment, before the user is asked to confirm.
 * @param context its `environment` is the one to delete
 * @throws AppError as `requireOwner` and `requireDeletable`
 */
export async function requireEnvironment(context: SessionContext): Promise<void> {
	const loaded = await loadVault(context.root);
	await requireOwner(loaded, context);
	requireDeletable(loaded.document, context.environment);
}

/**
 * Deletes an environment with all its records. Git's history keeps them.
 * @param context its `environment` is the one to delete
 * @throws AppError as `requireOwner` and `requireDeletable`
 */
export async function deleteEnvironment(context: SessionContext): Promise<EnvironmentEdit> {
	return editVault(context.root, async (loaded) => {
		const { environment, identity } = context;
		const { warnings } = await requireOwner(loaded, context);
		requireDeletable(loaded.document, environment);
		const { links, vaultId } = loaded.document;
		const link = makeDeleteEnvironment(vaultId, lastLink(links), environment, identity.signing);
		const environments = new Map(loaded.document.environments);
		environments.delete(environment);
		const document = { ...loaded.document, links: [...links, link], environments };
		return { document, result: { warnings } };
	});
}

/** The environments in a vault's verified chain, sorted by name. @throws AppError exit 7 for an invalid chain */
export function environmentNames(document: VaultDocument): string[] {
	return [...verifyRoot(document.vaultId, document.links).environments.keys()].sort();
}
