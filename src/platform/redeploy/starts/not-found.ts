/** What is not there: functions that were named, bundles that the store should have. */
import { AppError, EXIT } from "../../../errors.ts";

/** Functions that an app does not have. */
export function functionNotFound(names: readonly string[]): AppError {
	return new AppError({
		code: "FUNCTION_NOT_FOUND",
		message: `There is no function ${names.map((name) => JSON.stringify(name)).join(", ")} in this app. Nothing was deleted.`,
		hint: "`coffer functions list` shows what there is.",
		exit: EXIT.notFound,
	});
}

/** A deployed function whose bundle the store has lost. */
export function bundleMissing(name: string): AppError {
	return new AppError({
		code: "BUNDLE_MISSING",
		message: `The bundle of ${name} is gone from the store.`,
		hint: "Deploy the function again.",
		exit: EXIT.failure,
	});
}
