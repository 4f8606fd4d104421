/** Reads the whole of standard input, to its end: a pipe delivers its content in pieces. */
import { AppError, EXIT } from "../../errors.ts";
import { withoutFinalBreak } from "../hidden-input/line-breaks.ts";

/** The longest value of a secret, in bytes. */
export const VALUE_BYTES_MAX = 65_536;

export interface StdinValue {
	readonly bytes: Uint8Array;
	/** Whether one newline was removed from the end. */
	readonly newlineDropped: boolean;
}

/** Reads a stream to its end. @throws AppError `STDIN_TOO_LARGE` (exit 2) as soon as it exceeds `bytesMax` */
async function readWhole(stream: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Uint8Array> {
	const chunks: Uint8Array[] = [];
	let total = 0;
	for await (const chunk of stream) {
		total += chunk.length;
		if (total > bytesMax) throw tooLarge(bytesMax);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks, total);
}

function tooLarge(bytesMax: number): AppError {
	const isValue = bytesMax <= VALUE_BYTES_MAX + 2;
	return new AppError({
		code: "STDIN_TOO_LARGE",
		message: isValue
			? `Standard input is longer than ${VALUE_BYTES_MAX / 1024} KiB, the limit for a value.`
			: `Standard input is longer than the limit of ${bytesMax / 1024 / 1024} MiB.`,
		hint: isValue
			? "Keep large data in a file or a store, and put its key or address into the secret."
			: "Send less, or split the input.",
		exit: EXIT.usage,
	});
}

function stdinEmpty(hint: string): AppError {
	return new AppError({
		code: "STDIN_EMPTY",
		message: "Standard input is empty. Nothing was changed.",
		hint,
		exit: EXIT.usage,
	});
}

/**
 * Reads a value from standard input, byte for byte, and removes one newline (`\n` or `\r\n`) from its end.
 * Empty input is an error, because a pipe from a command that failed is empty too.
 * @param whenEmpty the hint of the error for empty input
 * @throws AppError `STDIN_TOO_LARGE` (exit 2) for a value over 64 KiB, `STDIN_EMPTY` (exit 2)
 */
export async function readStdinValue(
	whenEmpty: string,
	stream: AsyncIterable<Uint8Array> = process.stdin,
): Promise<StdinValue> {
	const { bytes, dropped } = withoutFinalBreak(await readWhole(stream, VALUE_BYTES_MAX + 2));
	if (bytes.length > VALUE_BYTES_MAX) throw tooLarge(VALUE_BYTES_MAX);
	if (bytes.length === 0) throw stdinEmpty(whenEmpty);
	return { bytes, newlineDropped: dropped };
}

/**
 * Reads all of standard input, byte for byte.
 * @param whenEmpty the hint of the error for empty input
 * @throws AppError `STDIN_TOO_LARGE` (exit 2) for more than `bytesMax` bytes, `STDIN_EMPTY` (exit 2)
 */
export async function readStdinWhole(bytesMax: number, whenEmpty: string): Promise<Uint8Array> {
	const bytes = await readWhole(process.stdin, bytesMax);
	if (bytes.length === 0) throw stdinEmpty(whenEmpty);
	return bytes;
}
