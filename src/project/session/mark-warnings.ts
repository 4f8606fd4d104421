/** The warnings of commands that read: records differ from this device's version marks. `vault verify` checks more. */
import { compareVersionMarks } from "../../vault/document/version-marks.ts";
import type { SealedRecord } from "../../vault/records/record.ts";
import type { EnvironmentMemory } from "../memory/device-state.ts";
import type { Restoring } from "./restoring.ts";

/** Names in a sentence. A long list is cut. */
function listed(names: readonly string[]): string {
	const shown = names.slice(0, 10).join(", ");
	return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}

function helpOf({ command, words }: Restoring): string {
	return `${words}: ${command}. To see where each one is, or to forget those that were undone: coffer vault verify.`;
}

/** The warning for a membership that is older than the pinned one. */
export const MEMBERSHIP_OLDER =
	"The membership in this file is older than this device has seen. Causes are a switch of branch, a clone that is behind, an undo or a roll-back. 'coffer vault verify' shows where the newer one is.";

/**
 * Warnings about records that are older than their version marks, or missing.
 * @param restoring what restores a secret, for this identity
 */
export function markWarnings(
	{ marks }: Pick<EnvironmentMemory, "marks">,
	records: ReadonlyMap<string, SealedRecord>,
	restoring: Restoring,
): string[] {
	const { rolledBack, dropped } = compareVersionMarks(marks, records);
	const warnings: string[] = [];
	if (rolledBack.length > 0)
		warnings.push(
			`Older than this device has seen: ${listed(rolledBack)}. Causes are a switch of branch, a clone that is behind, an undo or a roll-back. ${helpOf(restoring)}`,
		);
	if (dropped.length > 0)
		warnings.push(
			`Seen on this device before, absent now: ${listed(dropped)}. Causes are a switch of branch, a clone that is behind, an undo or tampering. ${helpOf(restoring)}`,
		);
	return warnings;
}
