/** Finds the functions of a Supabase project, by the rules of Supabase's own command line. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { FILE_BYTES, readBoundedSync } from "../../bounded-file.ts";
import { utf8 } from "../../bytes.ts";
import { AppError, EXIT } from "../../errors.ts";
import { isStaticGlob, parseFunctionFile, SETTINGS_FILE } from "../../modules/function-settings.ts";
import { folderAt } from "../../modules/packages/folder-at.ts";
import { directoryOf, SUPABASE_FUNCTIONS } from "../../modules/paths.ts";
import { checkInside, children } from "./folders.ts";
import type { Discovery, FunctionEntry } from "./function-entry.ts";
import {
	readSupabaseConfig,
	type SupabaseConfig,
	type SupabaseFunction,
	supabaseFault,
} from "./supabase-config.ts";

/** Supabase's form of a function's name. Other folders, such as `_shared`, contain no function. */
export const SUPABASE_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** Whether a folder of functions is searched by the rules of Supabase. */
export function isSupabaseFolder(folder: string): boolean {
	return `/${folder}`.endsWith(`/${SUPABASE_FUNCTIONS}`);
}

/** A function's folder, its own `function.jsonc`, and its section of `config.toml`. */
interface Place {
	readonly name: string;
	readonly folder: string;
	/** Path and text of its `function.jsonc`. */
	readonly own: { readonly path: string; readonly text: string } | undefined;
	readonly section: SupabaseFunction | undefined;
	readonly config: SupabaseConfig;
}

/**
 * Finds the functions below a folder `supabase/functions`: each folder with an `index.ts` or a `function.jsonc`, and
 * each section `[functions.NAME]` of the `config.toml` beside that folder. A `function.jsonc` wins over `config.toml`.
 * @param directory the folder of the functions, relative to the root
 * @throws AppError (exit 2) `SUPABASE_CONFIG_INVALID`, `FUNCTION_SETTINGS_INVALID` with file and line, and as `add`
 */
export function searchSupabase(root: string, directory: string, found: Discovery): void {
	// Without this folder, the project uses other parts of Supabase, and its config.toml does not matter here.
	if (checkInside(root, directory) === undefined) return;
	const config = readSupabaseConfig(root, `${directoryOf(directory)}/config.toml`);
	found.namedSecrets.push(...[...config.secrets].map(([name, line]) => ({ name, file: config.path, line })));
	const folders = children(root, directory, (name) => !SUPABASE_NAME.test(name))
		.filter(({ isDirectory }) => isDirectory)
		.map(({ path }) => path.slice(directory.length + 1))
		.filter((name) =>
			["index.ts", SETTINGS_FILE].some((file) => isFile(root, `${directory}/${name}/${file}`)),
		);
	for (const name of [...new Set([...folders, ...config.functions.keys()])].sort()) {
		const folder = `${directory}/${name}`;
		const section = config.functions.get(name);
		if (section?.enabled === false) {
			found.disabled.push({ name, file: config.path, line: section.lineOf("enabled") });
			continue;
		}
		found.add(entryOf(root, { name, folder, own: ownSettings(root, folder), section, config }));
	}
}

function isFile(root: string, path: string): boolean {
	const real = checkInside(root, path);
	return real !== undefined && statSync(real).isFile();
}

function ownSettings(root: string, folder: string): Place["own"] {
	const path = `${folder}/${SETTINGS_FILE}`;
	if (!isFile(root, path)) return undefined;
	const bytes = readBoundedSync(join(root, path), FILE_BYTES.settings, { links: true });
	return { path, text: Buffer.from(bytes).toString("utf8") };
}

function entryOf(root: string, place: Place): FunctionEntry {
	const { config, folder, name, own, section } = place;
	const file = own && parseFunctionFile(own.path, utf8(own.text), name);
	const base = directoryOf(config.path);
	const named = section?.entrypoint === undefined ? undefined : (folderAt(base, section.entrypoint) ?? "");
	const entry = file?.entry ?? named ?? `${folder}/index.ts`;
	if (entry === "" || !isFile(root, entry))
		throw supabaseFault(
			config.path,
			section?.lineOf("entrypoint") ?? 1,
			`the entry of "${name}" is ${entry || JSON.stringify(section?.entrypoint)}, which is not a file of the project`,
			"Correct the entrypoint, or remove the section, or set enabled = false.",
		);
	const adds = addedSettings(root, place, new Set(file?.lines.keys()));
	const hasAdded = Object.keys(adds.values).length > 0;
	const settings = own !== undefined || hasAdded ? `${folder}/${SETTINGS_FILE}` : undefined;
	const isOpen = file?.lines.has("verify_jwt") === true || section?.verifyJwt === false;
	const fault = isOpen || section?.verifyJwt !== true ? adds.fault : jwtFault(place);
	return {
		name,
		entry,
		...(settings !== undefined && { settings }),
		...(hasAdded && { settingsText: utf8(withAdded(own?.text ?? "{}", adds.values)) }),
		...(adds.staticFiles && { staticFiles: adds.staticFiles }),
		...(fault !== undefined && { fault }),
		...(!isOpen && section?.verifyJwt !== true && { warnings: [jwtWarning(place, entry)] }),
	};
}

interface AddedSettings {
	/** Keys of a `function.jsonc`. */
	readonly values: Readonly<Record<string, unknown>>;
	/** The static files, as `config.toml` names them. */
	readonly staticFiles: FunctionEntry["staticFiles"];
	/** Why the function cannot be deployed. */
	readonly fault: AppError | undefined;
}

/**
 * The settings that `config.toml` adds to a function's own settings. @param known the keys of the function's own
 * settings
 */
function addedSettings(
	root: string,
	{ config, folder, section }: Place,
	known: ReadonlySet<string>,
): AddedSettings {
	const base = directoryOf(config.path);
	const up = "../".repeat(folder.split("/").length);
	const globs = known.has("static_files") ? undefined : section?.staticFiles;
	const map = known.has("import_map") ? undefined : section?.importMap;
	const fault = (key: string, why: string) => supabaseFault(config.path, section?.lineOf(key) ?? 1, why);
	const odd = globs?.find((glob) => !isStaticGlob(glob));
	if (odd !== undefined) {
		const why = `"static_files" names ${JSON.stringify(odd)}; only * and ? and ** have a meaning`;
		return { values: {}, staticFiles: undefined, fault: fault("static_files", why) };
	}
	const mapPath = map && folderAt(base, map);
	if (map && (!mapPath || !/\.jsonc?$/.test(mapPath) || !isFile(root, mapPath))) {
		const why = `"import_map" names ${JSON.stringify(map)}, which is not a JSON file of the project`;
		return { values: {}, staticFiles: undefined, fault: fault("import_map", why) };
	}
	const inside = globs?.flatMap((glob) => folderAt(base, glob) ?? []).map((glob) => up + glob);
	return {
		values: {
			...(!known.has("nameInPath") && { nameInPath: true }),
			...(mapPath && { import_map: up + mapPath }),
			...(inside && { static_files: inside }),
		},
		staticFiles: globs && { file: config.path, line: section?.lineOf("static_files") ?? 1, globs },
		fault: undefined,
	};
}

/** Adds keys to the text of a `function.jsonc`, in its first line, so that the lines of its own keys stay the same. */
function withAdded(text: string, values: AddedSettings["values"]): string {
	const added = Object.entries(values).map(
		([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)},`,
	);
	const before = /^(?:[\s\uFEFF(]|\/\/[^\n]*(?=\n)|\/\*[\s\S]*?\*\/)/;
	let rest = text;
	for (let found = before.exec(rest); found !== null; found = before.exec(rest))
		rest = rest.slice(found[0].length);
	const at = text.length - rest.length + 1;
	return text.slice(0, at) + added.join(" ") + text.slice(at);
}

function jwtFault({ config, folder, name, section }: Place): AppError {
	return new AppError({
		code: "VERIFY_JWT_UNSUPPORTED",
		message: `${config.path}:${section?.lineOf("verify_jwt")}: "verify_jwt" is true for "${name}", but Coffer does not verify tokens, so everybody could call the function.`,
		hint: `Verify the token in the function's code, then set verify_jwt = false, or "verify_jwt": false in ${folder}/${SETTINGS_FILE} if Supabase should still verify it. docs/supabase.md shows the code.`,
		exit: EXIT.usage,
	});
}

function jwtWarning({ config, section }: Place, entry: string) {
	const [file, line] = section === undefined ? [entry, 1] : [config.path, section.lineOf("verify_jwt")];
	const message = `Everybody can call it. Supabase verifies a token before it calls a function, and Coffer does not. Verify the token in the code, then set verify_jwt = false in ${config.path} or "verify_jwt": false in ${SETTINGS_FILE}`;
	return { file, line, message };
}
