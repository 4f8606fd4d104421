/** Errors for functions and bundles that do not exist. */
import { AppError, EXIT } from "../../../errors.ts";
import { unknownFunctions } from "../../../modules/function-name.ts";

/** The error for names of functions that an app does not have. */
export function functionNotFound(names: readonly string[]): AppError {
	return new AppError({
		code: "FUNCTION_NOT_FOUND",
		message: `This app has no function ${unknownFunctions(names)}. Nothing was deleted.`,
		hint: "`coffer functions list` shows the functions of the app.",
		exit: EXIT.notFound,
	});
}

/** The error for a deployed function whose bundle is missing from the store. */
export function bundleMissing(name: string): AppError {
	return new AppError({
		code: "BUNDLE_MISSING",
		message: `The bundle of the function ${name} is missing from the platform's store.`,
		hint: "Deploy the function again.",
		exit: EXIT.failure,
	});
}
