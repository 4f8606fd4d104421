/**
 * Writes the lines of `.env` files. What `writeAssignment` writes, the readers that it is for read as the same
 * value: the `dotenv` package and this folder's parser, and with `readers: "all"` Node's own parser too.
 */

/**
 * Values that need no quotes. Readers end an unquoted value at a `#`, trim it, and expand variables in it in some
 * shells, so only plain characters are written without quotes.
 */
const PLAIN = /^[A-Za-z0-9_./:@+,=%-]+$/;

/** Escapes for a double-quoted value. Only these two exist, and nothing escapes the backslash. */
function escapedBreaks(value: string): string {
	return value.replaceAll("\r", "\\r");
}

/** Whether readers would take a part of the text for an escape. */
function hasEscape(value: string): boolean {
	return /\\[nr]/.test(value);
}

/**
 * Writes one assignment, without a line break at its end.
 * @param options.readers `all`: also Node's parser, which drops carriage returns. `dotenv`: the `dotenv` package and
 *   `parseDotenv`
 * @returns undefined if no form of the value is read as the value: with a carriage return (for `all`), with all
 *   three quotes, or with a backslash at its end and characters that need quotes
 */
export function writeAssignment(
	name: string,
	value: string,
	{ readers }: { readonly readers: "all" | "dotenv" },
): string | undefined {
	// Readers put the values into a plain object, on which this name cannot be set.
	if (name === "__proto__" && readers === "all") return undefined;
	if (PLAIN.test(value)) return `${name}=${value}`;
	// A reader takes a backslash before the closing quote for an escape, if a later line has the same quote.
	if (value.endsWith("\\")) return undefined;
	const hasReturn = value.includes("\r");
	if (hasReturn && readers === "all") return undefined;
	if (!hasReturn && !value.includes("'")) return `${name}='${value}'`;
	if (!value.includes('"') && !hasEscape(value)) return `${name}="${escapedBreaks(value)}"`;
	if (!hasReturn && !value.includes("`")) return `${name}=\`${value}\``;
	return undefined;
}
