/**
 * Handles a folder that contained another vault before: two branches have different vaults, or the folder was reused.
 */
import { lengthPrefixed } from "../../bytes.ts";
import { hash, toBase64 } from "../../crypto.ts";
import { changedMeanwhile, editVault, loadVault } from "../files/vault-file.ts";
import { readProjectPin, writeProjectPin } from "../memory/device-state.ts";
import type { SurveyContext } from "./survey.ts";

/** Two vault ids, and a code that identifies this replacement. */
export interface Replaced {
	readonly before: string;
	readonly now: string;
	readonly code: string;
}

const CODE_CHARACTERS = 8;

function placeOf({ identity, member, root, stateFolder }: SurveyContext) {
	return { folder: stateFolder, member, stateKey: identity.stateKey, root };
}

/**
 * Whether this folder contained another vault. Undefined if it did not, and if the identity is bound to one
 * vault: such a replacement cannot be accepted.
 * @throws AppError `VAULT_NOT_FOUND` (exit 4), `STATE_DAMAGED` and syntax errors of the file (exit 7)
 */
export async function findReplaced(context: SurveyContext): Promise<Replaced | undefined> {
	const { vaultId: now } = (await loadVault(context.root)).document;
	const before = await readProjectPin(placeOf(context));
	if (before === undefined || before === now || context.identity.vaultPin !== undefined) return undefined;
	const text = toBase64(hash(lengthPrefixed("coffer/accept/1", `vault ${before} ${now}`)));
	const code = text.slice(0, CODE_CHARACTERS).replaceAll("-", "a").replaceAll("_", "b");
	return { before, now, code };
}

/**
 * Remembers that the folder contains the new vault from now on. The memory of the old vault stays.
 * @throws AppError `VAULT_CHANGED_MEANWHILE` (exit 5) if the file is now a third vault
 */
export async function acceptReplaced(context: SurveyContext, { now }: Replaced): Promise<void> {
	await editVault(context.root, async ({ document }) => {
		if (document.vaultId !== now) throw changedMeanwhile();
		return { result: undefined, remember: () => writeProjectPin(placeOf(context), now) };
	});
}
