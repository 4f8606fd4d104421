/** The redactor of a command's output. It is loaded for the first output, since many commands print nothing. */
import { encodingsOf } from "../../project/plaintext/encodings.ts";
import { StreamRedactor } from "../../redact-stream.ts";

/**
 * The forms of values that are replaced, each with its replacement `[NAME]`: raw, each of its lines, quoted, JSON, URL,
 * XML, hex, UTF-16, and base64 with any bytes around the value. Bytes as latin1.
 */
export function needlesOf(values: ReadonlyMap<string, string>): Map<string, string> {
	const needles = new Map<string, string>();
	for (const [name, value] of values) {
		const lines = value.split(/\r?\n/).map((line) => Buffer.from(line, "utf8").toString("latin1"));
		const { exact, packed } = encodingsOf(value);
		for (const form of [...exact.keys(), ...packed.keys(), ...lines])
			if (!needles.has(form)) needles.set(form, `[${name}]`);
	}
	return needles;
}

/** @param values by the names of the variables that the command gets */
export function outputRedactor(values: ReadonlyMap<string, string>): StreamRedactor {
	return new StreamRedactor(() => needlesOf(values));
}
