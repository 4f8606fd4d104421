/** Replaces the values of secrets in the output of a command that `coffer run` started. */
import type { Readable } from "node:stream";
import type { StreamRedactor } from "../../redact-stream.ts";
import type { TakeOutput } from "../shell/child/child.ts";
import type { Terminal } from "../shell/terminal.ts";

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
		let redactor: StreamRedactor | undefined;
		const pass = async (text: string) => {
			if (text !== "") await terminal.passOn(stream, Buffer.from(text, "latin1"));
		};
		for await (const piece of output) {
			redactor ??= (await import("./needles.ts")).outputRedactor(values);
			await pass(redactor.push((piece as Buffer).toString("latin1")));
		}
		if (redactor) await pass(redactor.end());
	};
}
