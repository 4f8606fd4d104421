/** Errors of SQLite as `AppError`s. */
import { AppError, EXIT } from "../../errors.ts";

/** Primary result codes of SQLite. Extended codes have them in their low byte. */
const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** The error for a store whose file does not contain the data that was written to it. */
export function storeDamaged(path: string, detail: string, cause?: unknown): AppError {
	return new AppError({
		code: "STORE_DAMAGED",
		message: `The store ${path} is damaged: ${detail}.`,
		hint: "Restore the data directory from a backup, or start with an empty one, then link and deploy again.",
		exit: EXIT.integrity,
		cause,
	});
}

/** Converts an error of SQLite to an `AppError`. An unknown error is returned unchanged. */
export function sqliteError(path: string, error: unknown): unknown {
	const { code, rawCode } = error as { code?: string; rawCode?: number };
	const fault = (name: string, message: string, hint: string) =>
		new AppError({ code: name, message, hint, exit: EXIT.failure, cause: error });
	switch (rawCode === undefined ? undefined : rawCode & 0xff) {
		case CORRUPT:
		case NOTADB:
			return storeDamaged(path, `it cannot be read as a database (${code})`, error);
		case FULL:
			return fault("STORE_FULL", `The disk of ${path} is full.`, "Free space on the disk and try again.");
		case BUSY:
			return fault("STORE_BUSY", `The store ${path} is locked.`, "Close the other program that uses it.");
		case IOERR:
		case READONLY:
		case CANTOPEN:
			return fault(
				"STORE_UNUSABLE",
				`The store ${path} cannot be read or written (${code}).`,
				"Check the disk and the permissions of the data directory.",
			);
		default:
			return error;
	}
}
