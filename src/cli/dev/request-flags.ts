/** Reads the flags of `functions invoke`. */
import { readBounded } from "../../bounded-file.ts";
import { AppError, EXIT } from "../../errors.ts";
import { printable } from "../../printable.ts";
import { readStdinWhole } from "../shell/stdin.ts";

const BODY_BYTES_MAX = 64 * 1024 * 1024;

function usage(message: string, hint: string): AppError {
	return new AppError({ code: "USAGE", message, hint, exit: EXIT.usage });
}

/**
 * The body of a request.
 * @param data a text, `@FILE`, or `@-` for standard input
 * @throws AppError `DATA_UNREADABLE` (exit 4), `FILE_TOO_LARGE` (exit 1), or as `readStdinWhole`
 */
export async function bodyOf(data: string | undefined): Promise<Uint8Array | undefined> {
	if (data === undefined) return undefined;
	if (data === "@-") return await readStdinWhole(BODY_BYTES_MAX, "Leave out --data to send no body.");
	if (!data.startsWith("@")) return Buffer.from(data, "utf8");
	const path = data.slice(1);
	try {
		return await readBounded(path, BODY_BYTES_MAX, { links: true, pipes: true });
	} catch (error) {
		if (error instanceof AppError) throw error;
		const { code = "" } = error as NodeJS.ErrnoException;
		throw new AppError({
			code: "DATA_UNREADABLE",
			message: `The file ${printable(path, 400)} of --data cannot be read${code === "" ? "" : ` (${code})`}.`,
			hint: "A text that begins with @ names a file. To send such a text, put it into a file.",
			exit: EXIT.notFound,
			cause: error,
		});
	}
}

/** @throws AppError `USAGE` (exit 2) */
export function pathOf(path: string): string {
	if (path.startsWith("?")) return `/${path}`;
	if (path.startsWith("/")) return path;
	throw usage("The path of a request begins with / or ?.", "--path '/invoices?page=2'");
}

/**
 * The headers of a request. A body that is JSON is declared so, unless a header says otherwise.
 * @param given `NAME: VALUE` each
 * @throws AppError `USAGE` (exit 2), which does not repeat the header: its value may be a credential
 */
export function headersOf(
	given: readonly string[],
	body: Uint8Array | undefined,
): (readonly [name: string, value: string])[] {
	const headers = given.map((text) => {
		const colon = text.indexOf(":");
		const name = text.slice(0, Math.max(0, colon)).trim();
		if (name === "") throw usage('A header has the form "NAME: VALUE".', "--header 'accept: text/csv'");
		return [name.toLowerCase(), text.slice(colon + 1).trim()] as const;
	});
	if (body === undefined || headers.some(([name]) => name === "content-type")) return headers;
	return [["content-type", isJson(body) ? "application/json" : "text/plain;charset=utf-8"], ...headers];
}

function isJson(body: Uint8Array): boolean {
	try {
		JSON.parse(Buffer.from(body).toString("utf8"));
		return true;
	} catch {
		return false;
	}
}
