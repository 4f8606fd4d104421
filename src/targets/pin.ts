/**
 * Checks that values may be sent to the target in `coffer.json`. A change of that file alone must not redirect values,
 * so this device remembers which target was linked.
 */

import { inEnvironment } from "../environment-hint.ts";
import { AppError, EXIT } from "../errors.ts";
import { type TargetId, type TargetMemory, targetKey } from "../project/memory/target-memory.ts";
import type { VaultSession } from "../project/session/session.ts";
import type { LinkedTarget } from "./linked.ts";

/**
 * @param official the origin that needs no pin, as in a fresh clone; undefined if there is none
 * @param linkHint the command that links the target
 * @throws AppError `TARGET_MOVED` (exit 7) if another target was linked here, `TARGET_UNKNOWN` (exit 3) if none
 *   was
 */
export function requirePinned(
	{ pin }: Pick<TargetMemory, "pin">,
	target: TargetId,
	{ official, linkHint }: { official: string | undefined; linkHint: string },
): void {
	if (pin) {
		if (targetKey(pin) === targetKey(target)) return;
		throw new AppError({
			code: "TARGET_MOVED",
			message: `coffer.json sends secrets to '${target.app}' at ${target.origin}; this device linked '${pin.app}' at ${pin.origin}. Nothing was sent.`,
			hint: `If that is right, confirm it: ${linkHint}. If not, restore coffer.json from git.`,
			exit: EXIT.integrity,
		});
	}
	if (target.origin === official) return;
	throw new AppError({
		code: "TARGET_UNKNOWN",
		message: `coffer.json sends secrets to ${target.origin}, which this device has not linked. Nothing was sent.`,
		hint: `If you trust that address, confirm it: ${linkHint}. If not, restore coffer.json from git.`,
		exit: EXIT.unauthorised,
	});
}

/**
 * The target of a binding, if this device may send to it.
 * @throws AppError as `requirePinned` and `TargetKind.identify`; `LINK_FOREIGN` (exit 7) if the binding belongs to another vault
 */
export function allowedTarget(
	session: VaultSession,
	memory: TargetMemory,
	{ binding, kind }: LinkedTarget,
): TargetId {
	const { environment, vaultId } = session.place;
	const id = kind.identify(binding.url, binding.app);
	const linkHint = inEnvironment(kind.linkCommand(id), environment);
	if (binding.vault !== vaultId)
		throw new AppError({
			code: "LINK_FOREIGN",
			message: `coffer.json links environment '${environment}' with a different vault from the one in coffer.vault.`,
			hint: `If both files are in git, restore them: git checkout -- coffer.json coffer.vault\nTo link this vault instead: ${linkHint}`,
			exit: EXIT.integrity,
		});
	requirePinned(memory, id, { official: kind.officialOrigin, linkHint });
	return id;
}
