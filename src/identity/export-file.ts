/**
 * The file of an exported identity.
 */
import { constants, lstatSync } from "node:fs";
import { open } from "node:fs/promises";
import { fromUtf8 } from "../bytes.ts";
import { AppError, EXIT } from "../errors.ts";
import { printable } from "../printable.ts";
import { errnoOf, writeNewFile } from "./new-file.ts";

/** Far more than an export takes. */
const FILE_BYTES_MAX = 4096;

function exists(path: string): AppError {
	return new AppError({
		code: "EXPORT_EXISTS",
		message: `There is already something at ${printable(path, 200)}.`,
		hint: "Name a file that does not exist yet; an older export stays what it is.",
		exit: EXIT.conflict,
	});
}

/** Before anybody is asked for anything. @throws AppError `EXPORT_EXISTS` (exit 5) where there is anything at that path */
export function requireNoExport(path: string): void {
	if (lstatSync(path, { throwIfNoEntry: false })) throw exists(path);
}

/**
 * Writes an export to a new file of mode 0600, durably.
 * @throws AppError `EXPORT_EXISTS` (exit 5), `EXPORT_UNWRITABLE` (exit 1); no part of it stays then
 */
export async function writeExportFile(path: string, text: string): Promise<void> {
	await writeNewFile(path, `${text}\n`).catch((cause: unknown) => {
		if (errnoOf(cause) === "EEXIST") throw exists(path);
		throw new AppError({
			code: "EXPORT_UNWRITABLE",
			message: `The export cannot be written to ${printable(path, 200)} (${errnoOf(cause)}).`,
			hint: "Check that the folder exists and is writable.",
			exit: EXIT.failure,
			cause,
		});
	});
}

/**
 * Reads an export's text.
 * @throws AppError `EXPORT_NOT_FOUND` (exit 4), `EXPORT_UNREADABLE` (exit 1), `EXPORT_MALFORMED` (exit 3) where it is no
 *   short text
 */
export async function readExportFile(path: string): Promise<string> {
	// Not blocking: a named pipe would be waited for.
	const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
		throw readError(path, error);
	});
	try {
		const stats = await handle.stat();
		if (!stats.isFile()) throw Object.assign(new Error(), { code: "not a file" });
		const bytes = stats.size <= FILE_BYTES_MAX ? await handle.readFile() : undefined;
		const text = bytes && fromUtf8(bytes);
		if (text !== undefined) return text;
	} catch (error) {
		throw readError(path, error);
	} finally {
		await handle.close();
	}
	throw new AppError({
		code: "EXPORT_MALFORMED",
		message: `${printable(path, 200)} is not an exported identity.`,
		hint: "Name the file that 'coffer identity export' wrote.",
		exit: EXIT.unauthorised,
	});
}

function readError(path: string, cause: unknown): AppError {
	const errno = errnoOf(cause);
	const absent = errno === "ENOENT" || errno === "ENOTDIR";
	return new AppError({
		code: absent ? "EXPORT_NOT_FOUND" : "EXPORT_UNREADABLE",
		message: absent
			? `There is no file ${printable(path, 200)}.`
			: `${printable(path, 200)} cannot be read (${errno}).`,
		hint: "Check the path and its permissions.",
		exit: absent ? EXIT.notFound : EXIT.failure,
		cause,
	});
}
