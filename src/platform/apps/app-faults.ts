/** Errors for apps that do not exist, or that are not linked with a vault. */
import { AppError, EXIT } from "../../errors.ts";
import type { CreateApp } from "../../protocol/messages.ts";

/** The error for an app that does not exist, or no longer exists. */
export function appNotFound(app: string): AppError {
	return new AppError({
		code: "APP_NOT_FOUND",
		message: `The platform has no app '${app}': it was deleted, or never created.`,
		hint: "`coffer apps list` shows the apps. `coffer link URL --app APP` creates one.",
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

/** @param limit the most apps of a platform */
export function tooManyApps(limit: number): AppError {
	return new AppError({
		code: "TOO_MANY_APPS",
		message: `The platform has ${limit} apps, which is the limit.`,
		hint: "Delete apps that are not needed (`coffer apps list`, `coffer apps delete APP`), or use another platform.",
		exit: EXIT.usage,
	});
}

/** A token that is bound to no app asked for an app that exists. */
export function appNotYours(app: string): AppError {
	return new AppError({
		code: "APP_NOT_YOURS",
		message: `The app ${app} exists already. The access token is bound to no app yet: it can create a new app, but cannot use an existing one.`,
		hint: `Create a token for this app: coffer platform token create --base44 --app ${app}. Or use another app id.`,
		exit: EXIT.unauthorised,
	});
}

/** @throws AppError `APP_TAKEN` (exit 5) unless an app is linked with this vault and environment */
export function checkSame(app: string, present: CreateApp | undefined, wanted: CreateApp): void {
	if (present?.vaultId === wanted.vaultId && present.environment === wanted.environment) return;
	throw new AppError({
		code: "APP_TAKEN",
		message: `The app ${app} exists already and is linked with another vault or environment.`,
		hint: "Choose another name for the app.",
		exit: EXIT.conflict,
	});
}

/** An event is about a change that the log does not have. */
export function logCut(app: string): AppError {
	return new AppError({
		code: "LOG_DAMAGED",
		message: `The log of ${app} lacks a change that the platform has applied.`,
		hint: "The store was changed from outside. Restore it from a backup.",
		exit: EXIT.integrity,
	});
}

/** An entry of the log is not authentic, or does not follow the one before it. */
export function entryDamaged(app: string, revision: number): AppError {
	return new AppError({
		code: "LOG_DAMAGED",
		message: `Entry ${revision} of the log of ${app} does not match its author's signature, or does not follow the entry before it.`,
		hint: "The store was changed from outside. Restore it from a backup.",
		exit: EXIT.integrity,
	});
}

/** Other nodes appended to the log each time before this one could. @param attempts how often */
export function logContended(app: string, attempts: number): AppError {
	return new AppError({
		code: "STORE_CONTENDED",
		message: `The log of ${app} changed ${attempts} times while a change was being appended.`,
		hint: "Try again.",
		exit: EXIT.conflict,
	});
}
