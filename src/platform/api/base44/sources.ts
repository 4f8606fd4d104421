/**
 * Maps the files of a function that the Base44 CLI sends to paths of an upload. The CLI names a file by its
 * path relative to the folder of the function's entry, such as `../../shared/x.ts`. Pure.
 */
import { posix } from "node:path";
import { AppError, EXIT } from "../../../errors.ts";
import { BASE44_FUNCTIONS } from "../../../modules/paths.ts";

export interface SentFile {
	readonly path: string;
	readonly content: string;
}

export interface UploadedSources {
	/** Path of the entry module. */
	readonly entry: string;
	/** Path of the function's `function.jsonc`. Undefined if none was sent. */
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
		hint: "Name files by their paths relative to the folder of the entry. Nothing was deployed.",
		exit: EXIT.usage,
	});
}

/** The number of folders that a path goes up. */
function countUps(path: string): number {
	return path.split("/").findIndex((segment) => segment !== "..");
}

/** The path without `.` and inner `..`. @throws AppError `UPLOAD_PATH_INVALID` (exit 2) if it leads too far up */
function relativePath(path: string): string {
	const normal = posix.normalize(path);
	const isFar = countUps(normal) > UPS_MAX || countUps(normal) < 0;
	if (isFar || path === "" || path.startsWith("/") || path.includes("\\"))
		throw refused("A file's path is absolute, empty, or leads too far up.");
	return normal;
}

/**
 * Maps the files of one function.
 * @param name of the function, such as `hello` or `api/billing`
 * @param entry as its `function.jsonc` names it: relative to the function's own folder
 * @throws AppError `UPLOAD_PATH_INVALID` (exit 2)
 */
export function arrangeSources(name: string, entry: string, sent: readonly SentFile[]): UploadedSources {
	const own = relativePath(entry);
	const paths = sent.map(({ path }) => relativePath(path));
	// If the entry is in a subfolder, the other files are named relative to that subfolder.
	const inner = paths.includes(own) ? "." : posix.dirname(own);
	const ups = Math.max(0, ...[own, ...paths.map((path) => posix.join(inner, path))].map(countUps));
	// A function may have another name than its folder, and the folder may be deeper than the name suggests.
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
 * The reverse of `arrangeSources`: the folder of a function, to which the paths of its files are relative.
 * @param entry path of the entry in the upload, of any client
 */
export function folderOf(name: string, entry: string): string {
	const at = `/${entry}`.lastIndexOf(`/${name}/`);
	return at < 0 ? posix.dirname(entry) : entry.slice(0, at + name.length);
}
