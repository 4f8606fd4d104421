/**
 * Environments that were deleted and created anew under their name.
 */
import { AppError, EXIT } from "../../errors.ts";

/** The error for a change of an environment that was deleted since: its members hold the key that it had. */
export function ofEarlierLife(environment: string): AppError {
	return new AppError({
		code: "EPOCH_OLDER",
		message: `Environment '${environment}' in this file was deleted since, and another one was created under its name.`,
		hint: "Merge the newer coffer.vault first; nothing was changed.",
		exit: EXIT.integrity,
	});
}
