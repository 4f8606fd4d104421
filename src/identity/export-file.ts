/** Reads and writes the file of an exported identity. */
import { lstatSync } from "node:fs";
import { FILE_BYTES, readBounded } from "../bounded-file.ts";
import { fromUtf8 } from "../bytes.ts";
import { AppError, EXIT } from "../errors.ts";
import { printable } from "../printable.ts";
import { errnoOf, writeNewFile } from "./new-file.ts";

function exists(path: string): AppError {
	return new AppError({
		code: "EXPORT_EXISTS",
		message: `There is already something at ${printable(path, 200)}.`,
		hint: "Name a file that does not exist yet. An older export is not replaced.",
		exit: EXIT.conflict,
	});
}

/**
 * Checks the path before the user is asked for a passphrase. @throws AppError `EXPORT_EXISTS` (exit 5) if
 * anything exists at that path
 */
export function requireNoExport(path: string): void {
	if (lstatSync(path, { throwIfNoEntry: false })) throw exists(path);
}

/**
 * Writes an export to a new file of mode 0600, synced to disk.
 * @throws AppError `EXPORT_EXISTS` (exit 5), `EXPORT_UNWRITABLE` (exit 1); then no part of the file stays
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
 * @throws AppError `EXPORT_NOT_FOUND` (exit 4), `EXPORT_UNREADABLE` (exit 1), `EXPORT_MALFORMED` (exit 3) if it
 *   is not a short text
 */
export async function readExportFile(path: string): Promise<string> {
	const bytes = await readBounded(path, FILE_BYTES.identity, { links: true }).catch((error: unknown) => {
		if (error instanceof AppError) return undefined;
		throw readError(path, error);
	});
	const text = bytes && fromUtf8(bytes);
	if (text !== undefined) return text;
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
