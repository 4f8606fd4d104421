/** The errors of the sealed store. */
import { AppError, EXIT } from "../../../errors.ts";

/** The store does not match its seal. */
export function altered(): AppError {
	return new AppError({
		code: "STORE_ALTERED",
		message:
			"The store has changed since this platform last wrote to it: entries are missing, or a part of it was rolled back.",
		hint: "Restore a complete backup (coffer platform restore DIR --data NEW) and start the platform on it. Copies of single files are not enough.",
		exit: EXIT.integrity,
	});
}

/** Others wrote each time before this process could. @param attempts how often */
export function contended(attempts: number): AppError {
	return new AppError({
		code: "STORE_CONTENDED",
		message: `Other processes changed the store ${attempts} times while this one was writing.`,
		hint: "Try again.",
		exit: EXIT.conflict,
	});
}
