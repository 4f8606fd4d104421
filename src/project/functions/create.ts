/** Writes the first files of a new function. */
import { existsSync, realpathSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError, EXIT } from "../../errors.ts";
import { isFunctionName } from "../../modules/function-name.ts";
import { FUNCTION_NAME_LENGTH_MAX } from "../../modules/limits.ts";
import { ancestorsOf, BASE44_FUNCTIONS, directoryOf, SUPABASE_FUNCTIONS } from "../../modules/paths.ts";
import { fileError } from "../files/atomic-file.ts";
import { discoverProject, isAside, type ProjectFunctions } from "./discover.ts";
import { isSupabaseFolder, SUPABASE_NAME } from "./discover-supabase.ts";
import { checkInside } from "./folders.ts";

/** `http` answers requests. `scheduled` runs every morning, by an automation in its `function.jsonc`. */
export type Template = "http" | "scheduled";
export const TEMPLATES: readonly Template[] = ["http", "scheduled"];

const HTTP = `export default (request: Request): Response => {
	const { pathname } = new URL(request.url);
	return Response.json({ message: "Hello", path: pathname });
};
`;
const SCHEDULED = `/** The platform calls this at the times that "automations" in function.jsonc gives. */
export default async (request: Request): Promise<Response> => {
	console.log("run", request.headers.get("x-coffer-automation"), await request.json());
	return new Response(null, { status: 204 });
};
`;
const DAILY = {
	name: "daily",
	type: "scheduled",
	schedule_mode: "recurring",
	schedule_type: "cron",
	cron_expression: "30 8 * * *",
};

/**
 * Creates a function in the folder that `coffer.json` names. If it names none, a project that has functions of Base44
 * or of Supabase only gets a function in that product's folder, any other project in `functions`. A function of Base44
 * is `NAME/entry.ts` with a `function.jsonc`. Others are `NAME/index.ts`, with a `function.jsonc` if the template or a
 * function of the project has one. No file is overwritten.
 * @param root the project's folder
 * @param name `hello` or `api/billing`
 * @returns the paths of the new files, relative to the root; the module comes first
 * @throws AppError `FUNCTION_NAME_INVALID` (exit 2); `FUNCTION_EXISTS` (exit 5), also if the new function or
 *   another one could not be found because one of their folders is in the other's; `FILE_UNWRITABLE` (exit 1);
 *   as `discoverProject`
 */
export async function createFunction(root: string, name: string, template: Template): Promise<string[]> {
	requireName(name);
	const found = await discoverProject(root);
	const { functions } = found;
	const top = folderFor(found);
	requireSupabaseName(name, top);
	for (const other of functions) requireApart(name, other, top);
	const isBase44 = top === BASE44_FUNCTIONS;
	const folder = `${top}/${name}`;
	const entry = isBase44 ? "entry.ts" : "index.ts";
	const settings = {
		...(isBase44 && { name, entry }),
		...(template === "scheduled" && { automations: [DAILY] }),
	};
	const hasSettings =
		Object.keys(settings).length > 0 ||
		functions.some(({ settings }) => settings !== undefined && existsSync(join(root, settings)));
	const files = {
		[`${folder}/${entry}`]: template === "scheduled" ? SCHEDULED : HTTP,
		...(hasSettings && { [`${folder}/function.jsonc`]: `${JSON.stringify(settings, null, "\t")}\n` }),
	};
	const paths = Object.keys(files);
	const present = paths.find((path) => existsSync(join(root, path)));
	if (present !== undefined) throw exists(`${present} exists already.`);
	for (const ancestor of ancestorsOf(`${folder}/${entry}`).slice(1))
		checkInside(realpathSync(root), ancestor);
	await writeAll(root, files);
	return paths;
}

/**
 * A function of Supabase must be in a folder directly below the functions' folder. @throws AppError
 * `FUNCTION_NAME_INVALID` (exit 2)
 */
function requireSupabaseName(name: string, top: string): void {
	if (!isSupabaseFolder(top) || SUPABASE_NAME.test(name)) return;
	throw new AppError({
		code: "FUNCTION_NAME_INVALID",
		message: `${JSON.stringify(name)} is not a valid name of a function in ${top}.`,
		hint: "Supabase takes letters, digits, dashes and underscores, beginning with a letter, and no folders.",
		exit: EXIT.usage,
	});
}

/**
 * The folder for a new function: the one that `coffer.json` names, or the one that contains all functions of the
 * project.
 */
function folderFor({ folder, functions }: ProjectFunctions): string {
	if (folder !== undefined) return folder;
	const isIn = (top: string) =>
		functions.length > 0 && functions.every(({ entry }) => entry.startsWith(`${directoryOf(top)}/`));
	return [BASE44_FUNCTIONS, SUPABASE_FUNCTIONS].find(isIn) ?? "functions";
}

/** @throws AppError `FUNCTION_NAME_INVALID` (exit 2) */
function requireName(name: string): void {
	const aside = name.split("/").find(isAside);
	const isValid = isFunctionName(name);
	if (isValid && aside === undefined) return;
	throw new AppError({
		code: "FUNCTION_NAME_INVALID",
		message:
			isValid && aside !== undefined
				? `${JSON.stringify(name)} is not a valid name of a function: folders named ${aside} contain no functions.`
				: "This is not a valid name of a function.",
		hint: `Use up to ${FUNCTION_NAME_LENGTH_MAX} letters, digits, dots, dashes and underscores, with slashes between folders. Each part begins with a letter or digit.`,
		exit: EXIT.usage,
	});
}

/** The search for functions ends at a folder that is a function. @throws AppError `FUNCTION_EXISTS` (exit 5) */
function requireApart(
	name: string,
	other: { readonly name: string; readonly entry: string },
	top: string,
): void {
	if (other.name === name) throw exists(`${other.entry} is the function "${name}" already.`);
	const isFlat = !other.entry.startsWith(`${top}/${other.name}/`);
	if (isFlat) return;
	if (name.startsWith(`${other.name}/`))
		throw exists(`${other.entry} is a function, so its folder cannot contain the function "${name}".`);
	if (other.name.startsWith(`${name}/`))
		throw exists(`The folder of "${name}" contains a function already: ${other.entry}.`);
}

function exists(message: string): AppError {
	const hint = "Choose another name. Nothing was written.";
	return new AppError({ code: "FUNCTION_EXISTS", message, hint, exit: EXIT.conflict });
}

/** Writes new files, or none of them. @throws AppError `FILE_UNWRITABLE` (exit 1) */
async function writeAll(root: string, files: Readonly<Record<string, string>>): Promise<void> {
	const written: string[] = [];
	for (const [path, text] of Object.entries(files)) {
		const full = join(root, path);
		try {
			await mkdir(dirname(full), { recursive: true });
			await writeFile(full, text, { flag: "wx" });
			written.push(full);
		} catch (error) {
			for (const other of written) await rm(other, { force: true });
			throw fileError("write", path, error);
		}
	}
}
