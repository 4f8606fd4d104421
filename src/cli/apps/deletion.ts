/**
 * Lists what the deletion of an app removes, and which environments of the project are linked with the app.
 */
import { AppError, EXIT } from "../../errors.ts";
import { platformOf, readConfig } from "../../project/files/config.ts";
import { currentFolder, findRoot } from "../../project/files/project-root.ts";
import type { Remote } from "../../sync/client/platform-client.ts";
import { count } from "../shell/render.ts";
import { listNames } from "../views/edit-result.ts";

/** The functions and tokens that are deleted together with an app. */
export interface AppContent {
	/** Names of its functions, sorted. */
	readonly functions: readonly string[];
	/**
	 * The ids of the access tokens that are valid for this app only; null if the token in use may not list
	 * tokens.
	 */
	readonly tokens: readonly string[] | null;
}

/**
 * Requests an app's functions and tokens from the platform.
 * @throws AppError `APP_NOT_FOUND` (exit 4), `TOKEN_SCOPE` (exit 3), exit 6 for the network
 */
export async function contentOf(remote: Remote, app: string): Promise<AppContent> {
	const listing = remote.listFunctions(app).catch((error: unknown) => {
		throw error instanceof AppError && error.code === "APP_NOT_FOUND" ? noSuchApp(app, error) : error;
	});
	const [{ functions }, tokens] = await Promise.all([listing, tokensOf(remote, app)]);
	return { functions: functions.map(({ name }) => name), tokens };
}

/** Replaces the platform's own hint, which is to create the app. */
function noSuchApp(app: string, cause: AppError): AppError {
	return new AppError({
		code: cause.code,
		message: `The platform has no app '${app}'.`,
		hint: "'coffer apps list' shows the apps.",
		exit: EXIT.notFound,
		cause,
	});
}

async function tokensOf(remote: Remote, app: string): Promise<string[] | null> {
	try {
		const { tokens } = await remote.listTokens();
		return tokens.filter((token) => token.app === app).map(({ id }) => id);
	} catch (error) {
		// A token that is bound to one app may delete that app, but may not list tokens.
		if (error instanceof AppError && error.exit === EXIT.unauthorised) return null;
		throw error;
	}
}

/** The lines that list what the deletion removes. */
export function contentLines(app: string, { functions, tokens }: AppContent): string[] {
	const ids = tokens === null || tokens.length === 0 ? "" : `: ${listNames(tokens)}`;
	const tokenCount = tokens === null ? "the access tokens" : count(tokens.length, "access token");
	return [
		`The deletion of app '${app}' removes from the platform, and cannot be undone:`,
		`  ${count(functions.length, "function")}${functions.length === 0 ? "" : `: ${listNames(functions)}`}`,
		"  the logs and the stored data of the functions",
		"  the app's log of secrets (the secrets in the vault stay)",
		"  the app's host names",
		`  ${tokenCount} for this app only${ids}`,
	];
}

/**
 * The environments that are linked with an app, in the project that contains the working folder.
 * @param url the origin of the platform
 */
export async function linkedEnvironments(url: string, app: string): Promise<string[]> {
	const root = findRoot(currentFolder());
	if (root === undefined) return [];
	const { links } = await readConfig(root);
	return Object.entries(links).flatMap(([environment, linked]) => {
		const binding = platformOf(linked);
		return binding?.app === app && new URL(binding.url).origin === new URL(url).origin ? [environment] : [];
	});
}
