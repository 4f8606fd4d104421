/** Finds the id of the Base44 app for a command. */
import { join } from "node:path";
import { FILE_BYTES, readBounded } from "../../bounded-file.ts";
import { fromUtf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { Environment } from "../shell/process-environment.ts";

/** The file in which Base44's own CLI stores the id of the project's app. */
const APP_FILE = "base44/.app.jsonc";

async function appIdOfProject(root: string): Promise<string | undefined> {
	const bytes = await readBounded(join(root, APP_FILE), FILE_BYTES.settings, { links: true }).catch(
		(error: unknown) => {
			if (error instanceof AppError) throw error;
			return undefined;
		},
	);
	if (bytes === undefined) return undefined;
	// Loaded here, because the parser is native code and slow to load.
	const { parseJsonc } = await import("../../modules/jsonc.ts");
	const value = parseJsonc(fromUtf8(bytes) ?? "");
	const id = value instanceof Map ? value.get("id") : undefined;
	return typeof id === "string" ? id : undefined;
}

/**
 * The app's id: `given`, or else BASE44_APP_ID, or else the id in the project's `base44/.app.jsonc`.
 * @throws AppError `APP_ID_MISSING` (exit 2)
 */
export async function base44AppId(
	given: string | undefined,
	root: string,
	environment: Environment,
): Promise<string> {
	const app = given ?? environment.base44App ?? (await appIdOfProject(root));
	if (app !== undefined) return app.trim();
	throw new AppError({
		code: "APP_ID_MISSING",
		message: "The id of the app at Base44 is missing.",
		hint: `Pass --app ID, or set BASE44_APP_ID, or run 'base44 link', which writes the id to ${APP_FILE}.`,
		exit: EXIT.usage,
	});
}
