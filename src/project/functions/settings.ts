/** Reads how a function runs from its `function.jsonc`. */
import { join } from "node:path";
import { FILE_BYTES, readBoundedSync } from "../../bounded-file.ts";
import { type FunctionFile, parseFunctionFile } from "../../modules/function-settings.ts";
import type { FunctionEntry } from "./function-entry.ts";

/**
 * The `function.jsonc` of a function, with what other files add to it.
 * @param root the project's folder
 * @returns undefined if the function has none
 * @throws AppError (exit 2) as `parseFunctionFile`
 */
export function functionFileOf(
	root: string,
	{ name, settings, settingsText }: Pick<FunctionEntry, "name" | "settings" | "settingsText">,
): FunctionFile | undefined {
	if (settings === undefined) return undefined;
	const bytes = settingsText ?? readBoundedSync(join(root, settings), FILE_BYTES.settings, { links: true });
	return parseFunctionFile(settings, bytes, name);
}

/** The settings of a function by key; none if it has no `function.jsonc`. @throws like `functionFileOf` */
export function settingsOf(root: string, entry: FunctionEntry): Readonly<Record<string, unknown>> {
	return { ...functionFileOf(root, entry)?.settings };
}
