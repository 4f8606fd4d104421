/** Finds a project's functions. Reads folders, writes nothing. */
import { realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { FILE_BYTES, readBoundedSync } from "../../bounded-file.ts";
import { AppError, EXIT } from "../../errors.ts";
import { parseFunctionFile, SETTINGS_FILE, settingsFault } from "../../modules/function-settings.ts";
import { FUNCTION_SEGMENT } from "../../modules/limits.ts";
import { searchBase44 } from "./discover-base44.ts";
import { type Add, checkInside, children } from "./folders.ts";

export interface FunctionEntry {
	/** Route and identity: `hello` or `api/billing`. */
	name: string;
	/** Path of the entry module, relative to the project's root, POSIX. */
	entry: string;
	/** Path of its `function.jsonc`, if it has one. */
	settings?: string;
}

const ENTRY = /^(index|entry|main)\.(ts|js)$/;
const FLAT = /^(.+)\.(ts|js)$/;
const NO_FUNCTION = /\.test\.[^.]+$|\.d\.ts$/;
const ASIDE = new Set(["shared", "lib", "_lib", "node_modules"]);

/** Whether a folder or file of this name contains no function. */
export const isAside = (segment: string): boolean => /^[_.]/.test(segment) || ASIDE.has(segment);

function failure(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

/**
 * Finds a project's functions below `functions/`:
 *
 * - `functions/<name>.{ts,js}`: a flat one, at the top only, so that other modules in a folder are not
 * functions;
 * - `functions/<path>/{index,entry,main}.{ts,js}`: the name is the path; the search ends at such a folder;
 * - a folder with a `function.jsonc` is a function too, and that file may name another entry;
 * - nothing under a segment that begins with `_` or `.` or is `shared`, `lib` or `node_modules`, and neither
 * `*.test.*` nor `*.d.ts`.
 *
 * It also finds those of a Base44 project, below `base44/functions/` (`discover-base44.ts`).
 *
 * A folder with two entry files (for example `index.ts` and `main.ts`) is refused like two files of one name:
 * choosing one silently would sooner or later deploy the wrong one.
 *
 * @param root the project's folder
 * @returns sorted by name; empty if there is no `functions/`
 * @throws AppError (exit 2): `FUNCTION_DUPLICATE` naming both files; `FUNCTION_NAME_INVALID` naming the path
 *   with a segment that cannot be part of a URL; `SOURCE_OUTSIDE` naming a link that leads out of the root;
 *   `FUNCTION_SETTINGS_INVALID` with file and line of a `function.jsonc`
 */
export async function discoverFunctions(root: string): Promise<FunctionEntry[]> {
	const found = new Map<string, FunctionEntry>();
	const add: Add = (name, entry, settings) => {
		const other = found.get(name)?.entry;
		if (other !== undefined) {
			const hint =
				"Rename one of them, or move the one that is not a function to a folder named shared or _lib.";
			throw failure("FUNCTION_DUPLICATE", `${other} and ${entry} are both the function "${name}".`, hint);
		}
		if (!name.split("/").every((segment) => FUNCTION_SEGMENT.test(segment))) {
			const hint = "Use letters, digits, dot, dash and underscore, beginning with a letter or digit.";
			throw failure(
				"FUNCTION_NAME_INVALID",
				`${JSON.stringify(entry)} does not give a name that a URL can contain.`,
				hint,
			);
		}
		found.set(name, { name, entry, ...(settings !== undefined && { settings }) });
	};
	const realRoot = realpathSync(root);
	for (const { path, isDirectory } of children(realRoot, "functions", isAside)) {
		const flat = FLAT.exec(path.slice("functions/".length))?.[1];
		if (path === `functions/${SETTINGS_FILE}`)
			throw settingsFault(path, 1, "it belongs to no function", "Put it into the folder of a function.");
		if (isDirectory) search(realRoot, path, [], add);
		else if (flat !== undefined && !NO_FUNCTION.test(path) && !isAside(flat)) add(flat, path);
	}
	searchBase44(realRoot, add);
	return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Adds the functions in a folder. `above` holds the real paths of the parent folders, so that links cannot form
 * a cycle.
 */
function search(root: string, directory: string, above: readonly string[], add: Add) {
	const real = realpathSync(join(root, directory));
	if (above.includes(real)) return;
	const inside = children(root, directory, isAside);
	const entries = inside.filter(
		({ path, isDirectory }) => !isDirectory && ENTRY.test(path.slice(directory.length + 1)),
	);
	const name = directory.slice("functions/".length);
	const settings = inside.find(({ path }) => path === `${directory}/${SETTINGS_FILE}`)?.path;
	const named = settings === undefined ? undefined : namedEntry(root, settings, name);
	for (const path of named ?? entries.map((entry) => entry.path)) add(name, path, settings);
	if (settings !== undefined && named === undefined && entries.length === 0)
		throw settingsFault(
			settings,
			1,
			"the folder has no entry.ts, index.ts or main.ts",
			'Name another "entry".',
		);
	if (settings !== undefined || entries.length > 0) return;
	for (const { path, isDirectory } of inside) if (isDirectory) search(root, path, [...above, real], add);
}

/** The entry that a `function.jsonc` names, as a list of one. @throws AppError if the file does not exist */
function namedEntry(root: string, settings: string, name: string): [string] | undefined {
	const { entry, lines } = parseFunctionFile(
		settings,
		readBoundedSync(join(root, settings), FILE_BYTES.settings, { links: true }),
		name,
	);
	if (entry === undefined) return undefined;
	const real = checkInside(root, entry);
	if (real !== undefined && statSync(real).isFile()) return [entry];
	throw settingsFault(settings, lines.get("entry") ?? 1, `"entry" names ${entry}, which is not a file`);
}
