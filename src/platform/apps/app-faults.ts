/** Errors for apps that do not exist, or that are not linked with a vault. */
import { AppError, EXIT } from "../../errors.ts";

/** The error for an app that does not exist, or no longer exists. */
export function appNotFound(): AppError {
	return new AppError({
		code: "APP_NOT_FOUND",
		message: "The platform has no app with this name.",
		hint: "Create it with `coffer link URL --app APP`.",
		exit: EXIT.notFound,
	});
}

/** The error for an app without a vault, so that there is nothing to sync with. */
export function notLinked(): AppError {
	return new AppError({
		code: "APP_NOT_LINKED",
		message: "The app is not linked with a vault.",
		hint: "Link it with `coffer link URL --app APP`.",
		exit: EXIT.notFound,
	});
}
