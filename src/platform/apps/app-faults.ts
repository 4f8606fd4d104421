/** Why an app cannot be had. */
import { AppError, EXIT } from "../../errors.ts";

/** The error where there is no such app, or no longer. */
export function appNotFound(): AppError {
	return new AppError({
		code: "APP_NOT_FOUND",
		message: "The platform has no such app.",
		hint: "Create it with `coffer link URL --app APP`.",
		exit: EXIT.notFound,
	});
}

/** The error where an app is bound to no vault, so that there is nothing to sync with. */
export function notLinked(): AppError {
	return new AppError({
		code: "APP_NOT_LINKED",
		message: "The app is linked with no vault.",
		hint: "Link it with `coffer link URL --app APP`.",
		exit: EXIT.notFound,
	});
}
