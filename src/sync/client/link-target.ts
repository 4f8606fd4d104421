/** The platform that an environment is linked with, and the connection to it. */

import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { checkOrigin } from "../../origin.ts";
import type { PlatformBinding } from "../../project/files/config.ts";
import type { LogContext } from "../../protocol/change.ts";
import type { Remote } from "./platform-client.ts";

export interface LinkTarget {
	readonly binding: PlatformBinding;
	readonly remote: Remote;
}

const APP_LENGTH_MAX = 63;

/** An app's name that is probably free: `shop-2` after `shop`, `shop-3` after `shop-2`. */
function nextName(app: string): string {
	const [, stem = app, number = "1"] = /^(.+)-([1-9]\d{0,8})$/.exec(app) ?? [];
	const next = `${stem}-${Number(number) + 1}`;
	return next.length > APP_LENGTH_MAX ? "APP" : next;
}

/** The command that links with an app of another name. An app keeps its vault and its log until it is deleted. */
export function linkOtherApp({ app, url }: PlatformBinding, environment: string): string {
	const checked = checkOrigin(url);
	const origin = "origin" in checked ? checked.origin : "URL";
	return inEnvironment(`coffer link ${origin} --app ${nextName(app)}`, environment);
}

/**
 * Adds to the error of an app that does not exist the commands that lead on. An app of the same name would have another
 * log, which each working copy that has synced with the deleted one refuses. Returns every other error unchanged.
 */
export function explainMissingApp(error: AppError, binding: PlatformBinding, environment: string): AppError {
	if (error.code !== "APP_NOT_FOUND") return error;
	const leave = inEnvironment("coffer unlink --no-sync", environment);
	return error.with({
		hint: `If a teammate has linked the environment again, get coffer.json from git (git pull). Otherwise link it with an app of another name: ${linkOtherApp(binding, environment)}\nTo use no platform: ${leave}`,
	});
}

/** Adds to the error of an invalid log the commands that leave that log. Returns every other error unchanged. */
export function explainFork(error: unknown, { binding }: LinkTarget, environment: string): unknown {
	if (!(error instanceof AppError) || error.code !== "LOG_FORKED") return error;
	const leave = inEnvironment("coffer unlink --no-sync", environment);
	return error.with({
		hint: `${error.hint}\nIf the platform was restored from a backup, or the app was deleted and created again, leave this log: ${leave}\nAfter that, link with an app of another name: ${linkOtherApp(binding, environment)}`,
	});
}

/**
 * The log that a binding names. @throws AppError `LINK_FOREIGN` (exit 7) if the binding belongs to another
 * vault
 */
export function logContextOf(binding: PlatformBinding, vaultId: string, environment: string): LogContext {
	if (binding.vault !== vaultId) {
		throw new AppError({
			code: "LINK_FOREIGN",
			message: `coffer.json links environment '${environment}' with a different vault from the one in coffer.vault.`,
			hint: `If both files are in git, restore them: git checkout -- coffer.json coffer.vault\nTo link this vault instead, with a separate app: ${linkOtherApp(binding, environment)}`,
			exit: EXIT.integrity,
		});
	}
	return { app: binding.app, vaultId, environment };
}
