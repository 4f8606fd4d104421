import { expect, test } from "vitest";
import { AnswerPrinter } from "../../../src/cli/dev/answer-printer.ts";
import { readEnvironment } from "../../../src/cli/shell/process-environment.ts";
import { Terminal } from "../../../src/cli/shell/terminal.ts";

/** A printer, and its output. */
function printerOn(isTTY: boolean) {
	const written: Buffer[] = [];
	const notes: Buffer[] = [];
	const output = (list: Buffer[]) => ({
		isTTY,
		write(text: string | Uint8Array, done?: () => void) {
			list.push(Buffer.from(text));
			done?.();
		},
	});
	const terminal = new Terminal({
		json: false,
		environment: readEnvironment({ NO_COLOR: "1" }),
		stdin: { isTTY },
		stdout: output(written),
		stderr: output(notes),
	});
	const text = (list: Buffer[]) => Buffer.concat(list).toString();
	return {
		printer: new AnswerPrinter(terminal),
		bytes: () => Buffer.concat(written),
		out: () => text(written),
		noted: () => text(notes),
	};
}

test("a terminal gets each line when it is whole, with control characters escaped", () => {
	const { out, printer } = printerOn(true);
	const bytes = Buffer.from("first\n\u001b[2Jé");
	printer.take(bytes.subarray(0, 8));
	expect(out()).toBe("first\n");
	// The last byte of the letter comes with the next part.
	printer.take(bytes.subarray(8, -1));
	printer.take(bytes.subarray(-1));
	expect(out()).toBe("first\n");
	printer.end();
	expect(out()).toBe("first\n\\u{1b}[2Jé\n");
});

test("a terminal gets no bytes that are not text, and a note", () => {
	const { noted, out, printer } = printerOn(true);
	printer.take(Uint8Array.from([255, 254]));
	printer.take(Buffer.from("more\n"));
	printer.end();
	expect(out()).toBe("");
	expect(noted()).toBe("The body is not text (7 bytes). Send it to a file: > FILE\n");
});

test("another program gets all bytes as they are", () => {
	const { bytes, noted, printer } = printerOn(false);
	printer.take(Uint8Array.from([27, 255, 10]));
	printer.take(Uint8Array.from([0]));
	printer.end();
	expect([...bytes()]).toEqual([27, 255, 10, 0]);
	expect(noted()).toBe("");
});
