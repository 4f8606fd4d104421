/**
 * Restores the line breaks of pasted text. Most terminals send each line feed of a paste as a carriage
 * return, the byte for Enter. Some send a Windows line ending (CR LF) as two carriage returns.
 */

const [LF, CR] = [0x0a, 0x0d];

export type LineBreaks =
	/** Only one interpretation is possible. */
	| { readonly kind: "known"; readonly bytes: Buffer }
	/** Every line break came twice: either Windows line endings, or an empty line after each line. */
	| { readonly kind: "twofold"; readonly windows: Buffer; readonly unix: Buffer };

/** Replaces every carriage return by a line feed. */
function asUnix(bytes: Buffer): Buffer {
	return bytes.map((byte) => (byte === CR ? LF : byte)) as Buffer;
}

/** The lengths of all runs of carriage returns. */
function runsOf(bytes: Buffer): number[] {
	return [...bytes.toString("latin1").matchAll(/\r+/g)].map(([run]) => run.length);
}

/**
 * Interprets the line breaks of text from a terminal. Text that contains a line feed was not changed by the
 * terminal. In any other text, a carriage return stands for a line feed.
 */
export function readLineBreaks(bytes: Buffer): LineBreaks {
	if (bytes.includes(LF)) return { kind: "known", bytes };
	const runs = runsOf(bytes);
	if (runs.length === 0 || runs.some((length) => length % 2 === 1))
		return { kind: "known", bytes: asUnix(bytes) };
	const windows = Buffer.from(bytes.toString("latin1").replaceAll("\r\r", "\r\n"), "latin1");
	return { kind: "twofold", windows, unix: asUnix(bytes) };
}

/**
 * Removes one line break (`\n` or `\r\n`) from the end. Values from standard input are read in the same way.
 */
export function withoutFinalBreak(bytes: Uint8Array): { bytes: Uint8Array; dropped: boolean } {
	if (bytes.at(-1) !== LF) return { bytes, dropped: false };
	const length = bytes.length - (bytes.at(-2) === CR ? 2 : 1);
	return { bytes: bytes.subarray(0, length), dropped: true };
}

/** The number of lines in a text. An empty text has none. */
export function linesOf(bytes: Uint8Array): number {
	return bytes.length === 0 ? 0 : bytes.reduce((lines, byte) => lines + (byte === LF ? 1 : 0), 1);
}
