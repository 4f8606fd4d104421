/**
 * Reads a hidden text from a terminal: keys in raw mode, and pastes of any number of lines. `docs/decisions/0040` says why
 * no library does it.
 */
import type { ReadStream, WriteStream } from "node:tty";
import { HiddenKeys } from "./keys.ts";

/** How long nothing comes before a line break counts as Enter. The pieces of a paste follow one another sooner. */
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
	/** As the terminal sent them; undefined where the input was left with Ctrl-C. */
	readonly bytes: Buffer | undefined;
	/** Whether more came than `bytesMax`. */
	readonly overflowed: boolean;
}

/**
 * What stands behind the question: dots for one line, a count for more. Never a character of the text.
 * @param settled whether nothing has come for a while, so that Enter would be one
 */
function shownFor(text: Buffer, settled: boolean): string {
	const lines = text.toString("latin1").split(/\r\n|\r|\n/).length;
	if (lines > 1) return settled ? `${lines} lines; Enter ends the input` : `${lines} lines…`;
	return "•".repeat(Math.min([...text.toString("utf8")].length, DOTS_MAX));
}

/** Shows the question with what stands for the input, in one line of the terminal. */
function draw(output: WriteStream, question: string, text: Buffer, settled: boolean): void {
	const line = `${question}: ${shownFor(text, settled)}`;
	output.write(TO_LINE_START + [...line].slice(0, Math.max(1, (output.columns || 80) - 1)).join(""));
}

/**
 * Asks for a text and shows none of it. Takes what comes until Enter, or Ctrl-C.
 * @param question one line of printable text
 * @param bytesMax how many bytes are kept
 * @returns the bytes, which the caller wipes
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

/** Feeds the keys until they have an outcome, or the terminal is gone. */
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
