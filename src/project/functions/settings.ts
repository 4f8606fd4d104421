/** Reads how a function runs from its `function.jsonc`. */
import { join } from "node:path";
import { FILE_BYTES, readBoundedSync } from "../../bounded-file.ts";
import { parseFunctionFile } from "../../modules/function-settings.ts";
import type { FunctionEntry } from "./discover.ts";

/**
 * @param root the project's folder
 * @returns the settings by key; none if the function has no such file
 * @throws AppError (exit 2) as `parseFunctionFile`
 */
export function settingsOf(
	root: string,
	{ name, settings }: FunctionEntry,
): Readonly<Record<string, unknown>> {
	if (settings === undefined) return {};
	const bytes = readBoundedSync(join(root, settings), FILE_BYTES.settings, { links: true });
	return { ...parseFunctionFile(settings, bytes, name).settings };
}
