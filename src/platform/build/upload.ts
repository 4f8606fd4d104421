/**
 * Checks the paths and sizes of an untrusted upload before it is used. Pure.
 *
 * The rules follow the strictest file systems. So two different paths are two different files on every system, and no
 * path has a special meaning.
 */
import { AppError, EXIT } from "../../errors.ts";
import { isFunctionName } from "../../modules/function-name.ts";
import * as limits from "../../modules/limits.ts";
import { isCode } from "../../modules/paths.ts";
import type { FunctionSource } from "../functions/function.ts";

export interface UploadedFile {
	path: string;
	content: Uint8Array;
}

export interface Upload {
	/** Path → content. */
	files: ReadonlyMap<string, Uint8Array>;
	functions: readonly FunctionSource[];
}

function refuse(code: string, message: string, hint: string): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}

/** Prepares untrusted text for a message: quoted, escaped and shortened. */
function shown(text: string): string {
	return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}

/** The reason why a path is invalid. Undefined if it is valid. */
export function pathFault(path: string): string | undefined {
	if (path === "") return "it is empty";
	if (!path.isWellFormed() || path.normalize("NFC") !== path) return "it is not Unicode in normal form C";
	if (new TextEncoder().encode(path).length > limits.PATH_BYTES_MAX)
		return `it is longer than ${limits.PATH_BYTES_MAX} bytes`;
	if (/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(path)) return "it contains a control character";
	if (path.startsWith("/")) return "it is absolute";
	if (/[\\:*"<>|]/.test(path)) return 'it contains one of the characters \\ : * " < > |';
	const segments = path.split("/");
	if (segments.length > limits.PATH_DEPTH_MAX) return `it is deeper than ${limits.PATH_DEPTH_MAX} folders`;
	if (segments.includes("")) return "it has an empty segment";
	// This includes characters that look like dots, because a program may normalise them to dots.
	if (segments.some((segment) => /^\.\.?$/.test(segment.normalize("NFKC"))))
		return 'it has a segment "." or ".."';
	if (segments.some((segment) => segment.startsWith("."))) return "it is hidden";
	if (segments.some((segment) => /[. ]$|^ /.test(segment)))
		return "a segment begins or ends with a space or ends with a dot";
	if (segments.some((segment) => /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(segment)))
		return "a segment is a device name";
	if (segments.at(-1)?.toLowerCase() === "coffer.vault") return "a vault is never uploaded";
	return undefined;
}

/**
 * Checks an untrusted upload.
 * @throws AppError (exit 2): `UPLOAD_PATH_INVALID`, `UPLOAD_PATH_DUPLICATE` (also for two paths that differ only in
 *   case, and for a file with the path of a folder), `UPLOAD_TOO_LARGE`, `UPLOAD_FUNCTION_INVALID`,
 *   `UPLOAD_ENTRY_MISSING`, `UPLOAD_SETTINGS_MISSING`
 */
export function checkUpload(files: readonly UploadedFile[], functions: readonly FunctionSource[]): Upload {
	const byPath = checkFiles(files);
	if (functions.length > limits.UPLOAD_FUNCTIONS_MAX) {
		const message = `The upload has ${functions.length} functions; ${limits.UPLOAD_FUNCTIONS_MAX} is the limit.`;
		throw refuse("UPLOAD_TOO_LARGE", message, "Deploy fewer functions at once.");
	}
	const names = new Set<string>();
	for (const { name, entry, settings } of functions) {
		checkFunctionName(name);
		if (settings !== undefined && !byPath.has(settings)) {
			const message = `${shown(settings)}, the settings of ${name}, is not a file of the upload.`;
			throw refuse("UPLOAD_SETTINGS_MISSING", message, "Upload the function.jsonc that is named.");
		}
		if (names.has(name)) {
			const message = `Two functions of the upload are called ${shown(name)}.`;
			throw refuse("UPLOAD_FUNCTION_INVALID", message, "Rename one of them.");
		}
		names.add(name);
		if (!byPath.has(entry) || !isCode(entry) || /\.d\.[cm]?ts$/i.test(entry)) {
			const message = `The entry ${shown(entry)} of ${name} is not a module of the upload.`;
			throw refuse(
				"UPLOAD_ENTRY_MISSING",
				message,
				"Upload the entry module under the path that is named as the entry.",
			);
		}
	}
	return { files: byPath, functions };
}

/** @throws AppError `UPLOAD_FUNCTION_INVALID` (exit 2) if the name cannot be part of a URL's path */
export function checkFunctionName(name: string): void {
	if (isFunctionName(name)) return;
	const hint =
		"Use letters, digits, dot, dash and underscore in each segment, beginning with a letter or digit.";
	throw refuse("UPLOAD_FUNCTION_INVALID", `${shown(name)} is not a valid name for a function.`, hint);
}

function checkFiles(files: readonly UploadedFile[]): Map<string, Uint8Array> {
	if (files.length > limits.UPLOAD_FILES_MAX) {
		const message = `The upload has ${files.length} files; ${limits.UPLOAD_FILES_MAX} is the limit.`;
		throw refuse("UPLOAD_TOO_LARGE", message, "Deploy fewer functions at once.");
	}
	const byPath = new Map<string, Uint8Array>();
	const folded = new Map<string, string>();
	let total = 0;
	for (const { path, content } of files) {
		const fault = pathFault(path);
		if (fault !== undefined) {
			const hint = "Name files by relative paths with / between visible segments.";
			throw refuse("UPLOAD_PATH_INVALID", `The path ${shown(path)} cannot be uploaded: ${fault}.`, hint);
		}
		const other = folded.get(fold(path));
		if (other !== undefined) throw duplicate(other, path);
		folded.set(fold(path), path);
		byPath.set(path, content);
		total += content.length;
		if (content.length > limits.FILE_BYTES_MAX) {
			const message = `${shown(path)} has ${mebibytes(content.length)} MiB; ${mebibytes(limits.FILE_BYTES_MAX)} MiB is the limit for a file.`;
			throw refuse("UPLOAD_TOO_LARGE", message, "Load large data at run time instead of importing it.");
		}
		if (total > limits.UPLOAD_BYTES_MAX) {
			const message = `${shown(path)} brings the upload over ${mebibytes(limits.UPLOAD_BYTES_MAX)} MiB, the limit for all its files together.`;
			throw refuse(
				"UPLOAD_TOO_LARGE",
				message,
				"Deploy fewer functions at once, or load large data at run time.",
			);
		}
	}
	for (const [key, path] of folded) {
		for (let cut = key.lastIndexOf("/"); cut > 0; cut = key.lastIndexOf("/", cut - 1)) {
			const file = folded.get(key.slice(0, cut));
			if (file !== undefined) throw duplicate(file, path);
		}
	}
	return byPath;
}

function mebibytes(bytes: number): string {
	return (bytes / 1024 / 1024).toFixed(1).replace(/\.0$/, "");
}

/** Maps paths that are the same file on some file system to the same text. */
function fold(path: string): string {
	return path.normalize("NFKC").toUpperCase().toLowerCase();
}

function duplicate(first: string, second: string): AppError {
	const message = `${shown(first)} and ${shown(second)} cannot both be files of one upload.`;
	return refuse("UPLOAD_PATH_DUPLICATE", message, "Give them paths that differ in more than case.");
}
