/**
 * Where the files of a function lie that the Base44 CLI sends: it names them by their way from the folder of the
 * function's entry, shared ones by `../../shared/x.ts`. PURE.
 */
import { posix } from "node:path";
import { AppError, EXIT } from "../../../errors.ts";
import { BASE44_FUNCTIONS } from "../../../modules/paths.ts";

export interface SentFile {
	readonly path: string;
	readonly content: string;
}

export interface PlacedSources {
	/** Path of the entry module. */
	readonly entry: string;
	/** Path of the function's `function.jsonc`, where one was sent. */
	readonly settings: string | undefined;
	/** Contents by path, below one root. */
	readonly files: ReadonlyMap<string, string>;
}

const ROOT = BASE44_FUNCTIONS;
const UPS_MAX = 16;

function refused(message: string): AppError {
	return new AppError({
		code: "UPLOAD_PATH_INVALID",
		message,
		hint: "Name files by their way from the folder of the entry. Nothing was deployed.",
		exit: EXIT.usage,
	});
}

/** How many folders a path leads up. */
function upsOf(path: string): number {
	return path.split("/").findIndex((segment) => segment !== "..");
}

/** Without `.` and inner `..`. @throws AppError `UPLOAD_PATH_INVALID` (exit 2) for one that leads far up */
function relativePath(path: string): string {
	const normal = posix.normalize(path);
	const isFar = upsOf(normal) > UPS_MAX || upsOf(normal) < 0;
	if (isFar || path === "" || path.startsWith("/") || path.includes("\\"))
		throw refused("A file's path is absolute, empty, or leads too far up.");
	return normal;
}

/**
 * Places the files of one function.
 * @param name the function's, `hello` or `api/billing`
 * @param entry as its `function.jsonc` has it: from the function's own folder
 * @throws AppError `UPLOAD_PATH_INVALID` (exit 2)
 */
export function placeSources(name: string, entry: string, sent: readonly SentFile[]): PlacedSources {
	const own = relativePath(entry);
	const paths = sent.map(({ path }) => relativePath(path));
	// Where the entry lies in a folder of its own, the others are named by their way from there.
	const inner = paths.includes(own) ? "." : posix.dirname(own);
	const ups = Math.max(0, ...[own, ...paths.map((path) => posix.join(inner, path))].map(upsOf));
	// A function may be called otherwise than its folder, which may lie deeper than its name tells.
	const depth = ROOT.split("/").length + name.split("/").length;
	const folder = posix.join(ROOT, "x/".repeat(Math.max(0, ups - depth)), name);
	const files = new Map<string, string>();
	for (const [index, { content }] of sent.entries()) {
		const path = posix.join(folder, inner, paths[index] ?? "");
		if (files.has(path)) throw refused("Two files have the same path.");
		files.set(path, content);
	}
	const settings = [`${folder}/function.jsonc`, `${folder}/function.json`].find((path) => files.has(path));
	return { entry: posix.join(folder, own), settings, files };
}

/**
 * The way back: the folder of a function whose entry is known, from which its files are named.
 * @param entry path of the entry in the upload, whoever sent it
 */
export function folderOf(name: string, entry: string): string {
	const at = `/${entry}`.lastIndexOf(`/${name}/`);
	return at < 0 ? posix.dirname(entry) : entry.slice(0, at + name.length);
}
