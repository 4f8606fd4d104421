/**
 * Reads a function's settings from the upload, and checks them against the maxima of the operator.
 */
import type { StaticFiles } from "../../modules/files/wanted-files.ts";
import { type FunctionSettings, parseFunctionFile, settingsFault } from "../../modules/function-settings.ts";
import type { Reference } from "../../references/evidence/reference.ts";
import type { FunctionMaxima } from "../configuration/limits.ts";
import type { FunctionSource, StoredAutomation } from "../functions/function.ts";

/** The settings, secrets and automations that a function's files declare. */
export interface FunctionDeclaration {
	readonly settings: FunctionSettings;
	/** The secrets that the function declares. */
	readonly declared: readonly Reference[];
	readonly automations: readonly StoredAutomation[] | undefined;
	/** The files that the function reads when it runs, as its settings name them. */
	readonly staticFiles?: StaticFiles | undefined;
	/** The path of a further import map. */
	readonly importMap?: string | undefined;
}

/**
 * The declaration of a function of a checked upload.
 * @throws AppError `FUNCTION_SETTINGS_INVALID` (exit 2) with file and line, if the text is invalid, names another entry
 *   than the upload, or exceeds the maxima
 */
export function readSettings(
	files: ReadonlyMap<string, Uint8Array>,
	{ name, entry, settings: path, automations }: FunctionSource,
	maxima: FunctionMaxima,
): FunctionDeclaration {
	const bytes = path === undefined ? undefined : files.get(path);
	if (path === undefined || bytes === undefined) return { settings: {}, declared: [], automations };
	const file = parseFunctionFile(path, bytes, name);
	const lineOf = (key: string) => file.lines.get(key) ?? 1;
	if (file.entry !== undefined && file.entry !== entry)
		throw settingsFault(path, lineOf("entry"), `"entry" is not the entry that was deployed`);
	for (const key of ["memoryMB", "timeoutSeconds", "maxBodyMB"] as const) {
		const asked = file.settings[key];
		if (asked === undefined || asked <= maxima[key]) continue;
		const hint = "Use a smaller value, or ask the operator of the platform to allow more.";
		throw settingsFault(path, lineOf(key), `"${key}" is ${asked}; this platform allows ${maxima[key]}`, hint);
	}
	const { settings } = file;
	const line = lineOf("secrets");
	const declared = (settings.secrets?.include ?? []).map(
		(secret): Reference => ({ name: secret, file: path, line, how: "declared" }),
	);
	// A client that sends automations separately, as the Base44 CLI does, has read them from the files.
	const inFile = file.automations as readonly object[] as readonly StoredAutomation[];
	return {
		settings,
		declared,
		automations: automations ?? (inFile.length === 0 ? undefined : inFile),
		...(file.importMap !== undefined && { importMap: file.importMap }),
		...(file.lines.has("static_files") && {
			staticFiles: { file: path, line: lineOf("static_files"), globs: file.staticFiles },
		}),
	};
}
