/** Errors that cross from one process to another. */
import { AppError, type AppErrorOptions } from "../../errors.ts";

/** An error as JSON. Any other error than an `AppError` crosses without its text, which may quote anything. */
export type EncodedError = Omit<AppErrorOptions, "cause"> | { readonly name: string };

/** Encodes an error that was thrown. */
export function encodeError(error: unknown): EncodedError {
	if (!(error instanceof AppError)) return { name: error instanceof Error ? error.name : typeof error };
	const { code, data, exit, hint, line, message, names } = error;
	return {
		...{ code, message, hint, exit },
		...(line !== undefined && { line }),
		...(names !== undefined && { names }),
		...(data !== undefined && { data }),
	};
}

/** Decodes an error. @returns an `AppError`, or an Error that names the class of the original */
export function decodeError(encoded: EncodedError): Error {
	return "code" in encoded ? new AppError(encoded) : new Error(`The other process failed: ${encoded.name}`);
}
