/**
 * Reads standard input whole. Never the first chunk for the whole: a pipe delivers in pieces.
 */
import { AppError, EXIT } from "../../errors.ts";
import { withoutFinalBreak } from "../hidden-input/line-breaks.ts";

/** What a secret's value may hold. */
export const VALUE_BYTES_MAX = 65_536;

export interface StdinValue {
	readonly bytes: Uint8Array;
	/** Whether one newline at the end was taken off. */
	readonly newlineDropped: boolean;
}

/**
 * All bytes of a stream, to its very end.
 * @throws AppError `STDIN_TOO_LARGE` (exit 2) as soon as there are more than `bytesMax`
 */
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
			? `Standard input is longer than the ${VALUE_BYTES_MAX / 1024} KiB that a value may have.`
			: `Standard input is longer than the ${bytesMax / 1024 / 1024} MiB that are the limit.`,
		hint: "Keep large data in a file or a store, and its key or address in the secret.",
		exit: EXIT.usage,
	});
}

function stdinEmpty(hint: string): AppError {
	return new AppError({
		code: "STDIN_EMPTY",
		message: "Standard input is empty; nothing was changed.",
		hint,
		exit: EXIT.usage,
	});
}

/**
 * A value from standard input, byte for byte, with one newline at its end (`\n` or `\r\n`) taken off.
 * @param whenEmpty what to do where nothing came: the error's hint. A pipe from a command that failed is empty too, so that
 *   an empty value has to be asked for in another way
 * @throws AppError `STDIN_TOO_LARGE` (exit 2) where the value is over 64 KiB, `STDIN_EMPTY` (exit 2)
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
 * All of standard input, byte for byte.
 * @param whenEmpty what to do where nothing came: the error's hint
 * @throws AppError `STDIN_TOO_LARGE` (exit 2) where there is more than `bytesMax`, `STDIN_EMPTY` (exit 2)
 */
export async function readStdinWhole(bytesMax: number, whenEmpty: string): Promise<Uint8Array> {
	const bytes = await readWhole(process.stdin, bytesMax);
	if (bytes.length === 0) throw stdinEmpty(whenEmpty);
	return bytes;
}
