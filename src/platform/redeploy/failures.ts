/**
 * What can be wrong with the functions of an app.
 */
import { AppError, EXIT } from "../../errors.ts";

/** The error for functions that an app has not. */
export function functionNotFound(names: readonly string[]): AppError {
	return new AppError({
		code: "FUNCTION_NOT_FOUND",
		message: `There is no function ${names.map((name) => JSON.stringify(name)).join(", ")} in this app. Nothing was deleted.`,
		hint: "`coffer functions list` shows what there is.",
		exit: EXIT.notFound,
	});
}

/** The error for a bundle that the store has lost. */
export function bundleMissing(name: string): AppError {
	return new AppError({
		code: "BUNDLE_MISSING",
		message: `The bundle of ${name} is gone from the store.`,
		hint: "Deploy the function again.",
		exit: EXIT.failure,
	});
}
