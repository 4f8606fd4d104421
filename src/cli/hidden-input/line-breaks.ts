/**
 * What the line breaks of a hidden input were before the terminal got them. Most terminals send every line feed of a
 * paste as a carriage return, as Enter does; some send a Windows line end (CR LF) as two of them.
 */

const [LF, CR] = [0x0a, 0x0d];

export type LineBreaks =
	/** One reading is possible. */
	| { readonly kind: "known"; readonly bytes: Buffer }
	/** Every line break came twice: Windows line ends, or an empty line after each line. */
	| { readonly kind: "twofold"; readonly windows: Buffer; readonly unix: Buffer };

/** Every carriage return as a line feed. */
function asUnix(bytes: Buffer): Buffer {
	return bytes.map((byte) => (byte === CR ? LF : byte)) as Buffer;
}

/** The lengths of all runs of carriage returns. */
function runsOf(bytes: Buffer): number[] {
	return [...bytes.toString("latin1").matchAll(/\r+/g)].map(([run]) => run.length);
}

/**
 * Reads the line breaks of what a terminal sent. A text with a line feed in it came as it is and stays so; in any other, a
 * carriage return stands for a line feed.
 */
export function readLineBreaks(bytes: Buffer): LineBreaks {
	if (bytes.includes(LF)) return { kind: "known", bytes };
	const runs = runsOf(bytes);
	if (runs.length === 0 || runs.some((length) => length % 2 === 1))
		return { kind: "known", bytes: asUnix(bytes) };
	const windows = Buffer.from(bytes.toString("latin1").replaceAll("\r\r", "\r\n"), "latin1");
	return { kind: "twofold", windows, unix: asUnix(bytes) };
}

/** The text without one line break (`\n` or `\r\n`) at its end, as standard input is read too. */
export function withoutFinalBreak(bytes: Uint8Array): { bytes: Uint8Array; dropped: boolean } {
	if (bytes.at(-1) !== LF) return { bytes, dropped: false };
	const length = bytes.length - (bytes.at(-2) === CR ? 2 : 1);
	return { bytes: bytes.subarray(0, length), dropped: true };
}

/** How many lines a text has; an empty one has none. */
export function linesOf(bytes: Uint8Array): number {
	return bytes.length === 0 ? 0 : bytes.reduce((lines, byte) => lines + (byte === LF ? 1 : 0), 1);
}
