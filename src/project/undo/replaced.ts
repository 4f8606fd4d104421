/**
 * A folder that held another vault before: two branches on which somebody began one each, or a folder that is used again.
 */
import { lengthPrefixed } from "../../bytes.ts";
import { hash, toBase64 } from "../../crypto.ts";
import { changedMeanwhile, editVault, loadVault } from "../files/vault-file.ts";
import { readProjectPin, writeProjectPin } from "../memory/device-state.ts";
import type { SurveyContext } from "./survey.ts";

/** Two vault ids, and the code that names just this change. */
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
 * Says whether this folder held another vault. Undefined where it did not, and where the identity is bound to one vault:
 * that is nothing to be accepted.
 * @throws AppError `VAULT_NOT_FOUND` (exit 4), `STATE_DAMAGED` and faults of the file's syntax (exit 7)
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
 * Remembers that the folder holds the other vault from now on. What is remembered of the one before stays.
 * @throws AppError `VAULT_CHANGED_MEANWHILE` (exit 5) where the file is another one by now
 */
export async function acceptReplaced(context: SurveyContext, { now }: Replaced): Promise<void> {
	await editVault(context.root, async ({ document }) => {
		if (document.vaultId !== now) throw changedMeanwhile();
		return { result: undefined, remember: () => writeProjectPin(placeOf(context), now) };
	});
}
