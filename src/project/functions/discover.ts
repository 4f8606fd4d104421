/** Finds a project's functions. Reads folders, writes nothing. */
import { realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { FILE_BYTES, readBoundedSync } from "../../bounded-file.ts";
import { AppError, EXIT } from "../../errors.ts";
import { parseFunctionFile, SETTINGS_FILE, settingsFault } from "../../modules/function-settings.ts";
import { FUNCTION_SEGMENT } from "../../modules/limits.ts";
import { BASE44_FUNCTIONS, SUPABASE_FUNCTIONS } from "../../modules/paths.ts";
import { configInvalid, readConfig } from "../files/config.ts";
import { searchBase44 } from "./discover-base44.ts";
import { isSupabaseFolder, searchSupabase } from "./discover-supabase.ts";
import { checkInside, children } from "./folders.ts";
import type { DisabledFunction, Discovery, FunctionEntry, NamedSecret } from "./function-entry.ts";

const ENTRY = /^(index|entry|main)\.(ts|js)$/;
const FLAT = /^(.+)\.(ts|js)$/;
const NO_FUNCTION = /\.test\.[^.]+$|\.d\.ts$/;
const ASIDE = new Set(["shared", "lib", "_lib", "node_modules"]);

/** Whether a folder or file with this name is not searched for functions. */
export const isAside = (segment: string): boolean => /^[_.]/.test(segment) || ASIDE.has(segment);

function failure(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

/** The content of a project's folders of functions. */
export interface ProjectFunctions {
	/** Sorted by name. */
	readonly functions: readonly FunctionEntry[];
	readonly disabled: readonly DisabledFunction[];
	readonly namedSecrets: readonly NamedSecret[];
	/** The folder that `coffer.json` names; undefined if it names none. */
	readonly folder: string | undefined;
}

/** The functions that `discoverProject` finds, sorted by name. @throws like `discoverProject` */
export async function discoverFunctions(root: string): Promise<FunctionEntry[]> {
	return [...(await discoverProject(root)).functions];
}

/**
 * Finds a project's functions below `functions/`:
 *
 * - `functions/<name>.{ts,js}`: a function in one file, at the top level only, so that other modules in a folder are
 * not functions;
 * - `functions/<path>/{index,entry,main}.{ts,js}`: the name is the path; the search ends at such a folder;
 * - a folder with a `function.jsonc` is a function too, and that file may name another entry;
 * - nothing under a segment that begins with `_` or `.` or is `shared`, `lib` or `node_modules`, and neither
 * `*.test.*` nor `*.d.ts`.
 *
 * It also finds those of a Base44 project, below `base44/functions/` (`discover-base44.ts`), and those of a Supabase
 * project, below `supabase/functions/` (`discover-supabase.ts`). If `coffer.json` names a folder, only that folder is
 * searched, by the rules for its name.
 *
 * A folder with two entry files (for example `index.ts` and `main.ts`) is an error, as are two functions of one name:
 * choosing one silently would sooner or later deploy the wrong one.
 *
 * @param root the project's folder
 * @throws AppError (exit 2): `FUNCTION_DUPLICATE` naming both files; `FUNCTION_NAME_INVALID` naming the path
 *   with a segment that cannot be part of a URL; `SOURCE_OUTSIDE` naming a link that leads out of the root;
 *   `FUNCTION_SETTINGS_INVALID` and `SUPABASE_CONFIG_INVALID` with file and line; `CONFIG_INVALID` also if
 *   `coffer.json` names a folder that does not exist
 */
export async function discoverProject(root: string): Promise<ProjectFunctions> {
	const realRoot = realpathSync(root);
	const { functions: named } = await readConfig(root);
	if (named !== undefined && !isFolder(realRoot, named))
		throw configInvalid(root, `functions: there is no folder ${named}`);
	const found = new Map<string, FunctionEntry>();
	const discovery = { disabled: [], namedSecrets: [], add: (entry: FunctionEntry) => addEntry(found, entry) };
	const folders = named === undefined ? ["functions", BASE44_FUNCTIONS, SUPABASE_FUNCTIONS] : [named];
	for (const folder of folders) searchFolder(realRoot, folder, discovery);
	const functions = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
	const { disabled, namedSecrets } = discovery;
	return { functions, disabled, namedSecrets, folder: named };
}

function isFolder(root: string, path: string): boolean {
	const real = checkInside(root, path);
	return real !== undefined && statSync(real).isDirectory();
}

/** @throws AppError `FUNCTION_DUPLICATE`, `FUNCTION_NAME_INVALID` (exit 2) */
function addEntry(found: Map<string, FunctionEntry>, one: FunctionEntry): void {
	const { entry, name } = one;
	const other = found.get(name)?.entry;
	if (other !== undefined) {
		const hint =
			"Rename one of them, or move the one that is not a function to a folder named shared or _lib. If the project has several folders of functions, name one in coffer.json.";
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
	found.set(name, one);
}

function searchFolder(root: string, folder: string, found: Discovery): void {
	if (folder === BASE44_FUNCTIONS) searchBase44(root, found.add);
	else if (isSupabaseFolder(folder)) searchSupabase(root, folder, found);
	else searchPlain(root, folder, found);
}

function searchPlain(root: string, folder: string, found: Discovery): void {
	for (const { path, isDirectory } of children(root, folder, isAside)) {
		const flat = FLAT.exec(path.slice(folder.length + 1))?.[1];
		if (path === `${folder}/${SETTINGS_FILE}`)
			throw settingsFault(path, 1, "it belongs to no function", "Put it into the folder of a function.");
		if (isDirectory) new Search(root, folder, found.add).search(path, []);
		else if (flat !== undefined && !NO_FUNCTION.test(path) && !isAside(flat))
			found.add({ name: flat, entry: path });
	}
}

/** The search below one folder of functions. */
class Search {
	readonly #root: string;
	readonly #top: string;
	readonly #add: Discovery["add"];

	constructor(root: string, top: string, add: Discovery["add"]) {
		this.#root = root;
		this.#top = top;
		this.#add = add;
	}

	/**
	 * Adds the functions in a folder. `above` holds the real paths of the parent folders, so that links cannot form
	 * a cycle.
	 */
	search(directory: string, above: readonly string[]): void {
		const real = realpathSync(join(this.#root, directory));
		if (above.includes(real)) return;
		const inside = children(this.#root, directory, isAside);
		const entries = inside.filter(
			({ path, isDirectory }) => !isDirectory && ENTRY.test(path.slice(directory.length + 1)),
		);
		const name = directory.slice(this.#top.length + 1);
		const settings = inside.find(({ path }) => path === `${directory}/${SETTINGS_FILE}`)?.path;
		const named = settings === undefined ? undefined : namedEntry(this.#root, settings, name);
		for (const entry of named ?? entries.map(({ path }) => path))
			this.#add({ name, entry, ...(settings !== undefined && { settings }) });
		if (settings !== undefined && named === undefined && entries.length === 0)
			throw settingsFault(
				settings,
				1,
				"the folder has no entry.ts, index.ts or main.ts",
				'Name another "entry".',
			);
		if (settings !== undefined || entries.length > 0) return;
		for (const { path, isDirectory } of inside) if (isDirectory) this.search(path, [...above, real]);
	}
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
