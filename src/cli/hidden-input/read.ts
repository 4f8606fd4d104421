/**
 * Reads hidden text from a terminal: keys in raw mode, and pastes with any number of lines. `docs/decisions/0040`
 * explains why no library is used.
 */
import type { ReadStream, WriteStream } from "node:tty";
import { HiddenKeys } from "./keys.ts";

/** A line break counts as Enter if no bytes follow for this long. The pieces of a paste arrive faster. */
const PAUSE_MS = 100;
const BRACKETS_ON = "\u001b[?2004h";
const BRACKETS_OFF = "\u001b[?2004l";
const TO_LINE_START = "\r\u001b[K";
const DOTS_MAX = 16;

export interface HiddenTerminal {
	readonly input: ReadStream;
	readonly output: WriteStream;
}

export interface HiddenText {
	/** The bytes as the terminal sent them; undefined if the user pressed Ctrl-C. */
	readonly bytes: Buffer | undefined;
	/** Whether the input was longer than `bytesMax`. */
	readonly overflowed: boolean;
}

/**
 * The text after the question: dots for one line, or a count of lines. Never a character of the input.
 * @param settled whether there was a pause, so that Enter would end the input
 */
function shownFor(text: Buffer, settled: boolean): string {
	const lines = text.toString("latin1").split(/\r\n|\r|\n/).length;
	if (lines > 1) return settled ? `${lines} lines; press Enter to finish` : `${lines} lines…`;
	return "•".repeat(Math.min([...text.toString("utf8")].length, DOTS_MAX));
}

/** Shows the question and the placeholder for the input, in one line of the terminal. */
function draw(output: WriteStream, question: string, text: Buffer, settled: boolean): void {
	const line = `${question}: ${shownFor(text, settled)}`;
	output.write(TO_LINE_START + [...line].slice(0, Math.max(1, (output.columns || 80) - 1)).join(""));
}

/**
 * Asks for text without showing it. Reads until Enter or Ctrl-C.
 * @param question one line of printable text
 * @param bytesMax the largest number of bytes of text
 * @returns the bytes, which the caller should overwrite after use
 */
export async function readHidden(
	{ input, output }: HiddenTerminal,
	question: string,
	bytesMax: number,
): Promise<HiddenText> {
	const keys = new HiddenKeys(bytesMax);
	const bracketsOff = () => output.write(BRACKETS_OFF);
	process.once("exit", bracketsOff);
	input.setRawMode(true);
	output.write(BRACKETS_ON);
	draw(output, question, keys.text, true);
	try {
		await untilEnded(input, keys, (settled) => draw(output, question, keys.text, settled));
	} finally {
		input.pause();
		input.setRawMode(false);
		bracketsOff();
		process.off("exit", bracketsOff);
		output.write(`${TO_LINE_START}${question}\n`);
	}
	const isCancelled = keys.outcome !== "submitted";
	const bytes = isCancelled ? undefined : Buffer.from(keys.text);
	keys.wipe();
	return { bytes, overflowed: keys.overflowed };
}

/** Feeds the keys until the input ends, or the terminal closes. */
function untilEnded(input: ReadStream, keys: HiddenKeys, redraw: (settled: boolean) => void): Promise<void> {
	return new Promise((resolve) => {
		let timer: NodeJS.Timeout | undefined;
		const end = () => {
			clearTimeout(timer);
			input.off("data", onData);
			input.off("end", end);
			input.off("error", end);
			resolve();
		};
		const onPause = () => {
			keys.pause();
			if (keys.outcome) end();
			else redraw(true);
		};
		const onData = (chunk: Buffer | string) => {
			keys.feed(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
			clearTimeout(timer);
			if (keys.outcome) return end();
			redraw(false);
			timer = setTimeout(onPause, PAUSE_MS);
		};
		input.on("data", onData);
		input.on("end", end);
		input.on("error", end);
		input.resume();
	});
}
