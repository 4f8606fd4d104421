/** Environments that were deleted and created again under the same name. */
import { AppError, EXIT } from "../../errors.ts";

/** The error for an edit of an environment that was deleted since. Its members have the old environment's key. */
export function environmentRecreated(environment: string): AppError {
	return new AppError({
		code: "EPOCH_OLDER",
		message: `Environment '${environment}' in this file was deleted since, and another environment was created under its name.`,
		hint: "Nothing was changed. To find the newer one: coffer vault verify",
		exit: EXIT.integrity,
	});
}
