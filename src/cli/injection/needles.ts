/** The redactor of a command's output. It is loaded for the first output, since many commands print nothing. */
import { StreamRedactor } from "../../redact-stream.ts";
import { replacedBytes } from "../../value-forms.ts";

/**
 * The forms of values that are replaced, each with its replacement `[NAME]`: raw, each of its lines, quoted, JSON, URL,
 * XML, hex, UTF-16, and base64 with any bytes around the value. Bytes as latin1.
 */
export function needlesOf(values: ReadonlyMap<string, string>): Map<string, string> {
	const needles = new Map<string, string>();
	for (const [name, value] of values) {
		for (const form of replacedBytes(value)) if (!needles.has(form)) needles.set(form, `[${name}]`);
	}
	return needles;
}

/** @param values by the names of the variables that the command gets */
export function outputRedactor(values: ReadonlyMap<string, string>): StreamRedactor {
	return new StreamRedactor(() => needlesOf(values));
}
