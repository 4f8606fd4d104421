/** Finds the functions of a Base44 project, by the rules of Base44's own command line. */
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { FILE_BYTES, readBoundedSync } from "../../bounded-file.ts";
import { parseFunctionFile, settingsFault } from "../../modules/function-settings.ts";
import { BASE44_FUNCTIONS } from "../../modules/paths.ts";
import { checkInside, children } from "./folders.ts";
import type { Discovery } from "./function-entry.ts";

const ENTRY = /^entry\.(ts|js)$/;
const SETTINGS = /^function\.jsonc?$/;

/**
 * Finds the functions below `base44/functions/`, in folders of any depth:
 *
 * - a folder with a `function.jsonc` (or `.json`) is a function, with the name and the entry that the file
 * names;
 * - a folder with an `entry.ts` (or `.js`) is a function named by its path, unless a folder of the path has a
 * dot in its name.
 *
 * @throws AppError (exit 2) `FUNCTION_SETTINGS_INVALID` with file and line, and as `add`
 */
export function searchBase44(root: string, add: Discovery["add"]): void {
	search(root, BASE44_FUNCTIONS, [], add);
}

function search(root: string, directory: string, above: readonly string[], add: Discovery["add"]): void {
	if (checkInside(root, directory) === undefined) return;
	const real = realpathSync(join(root, directory));
	if (above.includes(real)) return;
	const inside = children(root, directory, (name) => name === "node_modules" || name.startsWith("."));
	const files = inside.filter(({ isDirectory }) => !isDirectory).map(({ path }) => path);
	const named = (pattern: RegExp) => files.filter((path) => pattern.test(path.slice(directory.length + 1)));
	const name = directory.slice(BASE44_FUNCTIONS.length + 1);
	const [settings] = named(SETTINGS);
	if (settings !== undefined) addConfigured(root, settings, name, add);
	else if (!name.includes(".")) for (const entry of named(ENTRY)) add({ name, entry });
	for (const { path, isDirectory } of inside) if (isDirectory) search(root, path, [...above, real], add);
}

function addConfigured(root: string, settings: string, folder: string, add: Discovery["add"]): void {
	const file = parseFunctionFile(
		settings,
		readBoundedSync(join(root, settings), FILE_BYTES.settings, { links: true }),
		folder,
	);
	const hint = "A Base44 function needs a name and an entry.";
	if (file.entry === undefined) throw settingsFault(settings, 1, 'it has no "entry"', hint);
	if (checkInside(root, file.entry) === undefined)
		throw settingsFault(
			settings,
			file.lines.get("entry") ?? 1,
			`"entry" names ${file.entry}, which is not a file`,
		);
	add({ name: file.name ?? folder, entry: file.entry, settings });
}
