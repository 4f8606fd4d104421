/** Replaces the values of secrets in the output of a command that `coffer run` started. */
import type { Readable } from "node:stream";
import { encodingsOf } from "../../project/plaintext/encodings.ts";
import { StreamRedactor } from "../../redact-stream.ts";
import type { TakeOutput } from "../shell/child.ts";
import type { Terminal } from "../shell/terminal.ts";

/**
 * The forms of values that are replaced, each with its replacement `[NAME]`: raw, each of its lines, quoted, JSON, URL,
 * hex, and base64 with any bytes around the value. Bytes as latin1.
 */
export function needlesOf(values: ReadonlyMap<string, string>): Map<string, string> {
	const needles = new Map<string, string>();
	for (const [name, value] of values) {
		const lines = value.split(/\r?\n/).map((line) => Buffer.from(line, "utf8").toString("latin1"));
		for (const form of [...encodingsOf(value).plain, ...lines])
			if (!needles.has(form)) needles.set(form, `[${name}]`);
	}
	return needles;
}

/**
 * Takes over an output of a command, and passes it on with the values replaced.
 * @param values by the names of the variables that the command gets
 */
export function redactedOutput(
	stream: "stdout" | "stderr",
	values: ReadonlyMap<string, string>,
	terminal: Terminal,
): TakeOutput {
	return async (output: Readable) => {
		const redactor = new StreamRedactor(() => needlesOf(values));
		const pass = async (text: string) => {
			if (text !== "") await terminal.passOn(stream, Buffer.from(text, "latin1"));
		};
		for await (const piece of output) await pass(redactor.push((piece as Buffer).toString("latin1")));
		await pass(redactor.end());
	};
}
