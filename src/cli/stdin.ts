/**
 * Reads standard input whole. Never the first chunk for the whole: a pipe delivers in pieces.
 */
import { AppError, EXIT } from "../errors.ts";

/** What a secret's value may hold. */
const VALUE_BYTES_MAX = 65_536;

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
		if (total > bytesMax) throw tooLarge();
		chunks.push(chunk);
	}
	return Buffer.concat(chunks, total);
}

function tooLarge(): AppError {
	return new AppError({
		code: "STDIN_TOO_LARGE",
		message: `Standard input is longer than the ${VALUE_BYTES_MAX / 1024} KiB that a value may have.`,
		hint: "Keep large data in a file or a store, and its key or address in the secret.",
		exit: EXIT.usage,
	});
}

/**
 * A value from standard input, byte for byte, with one newline at its end (`\n` or `\r\n`) taken off.
 * @throws AppError `STDIN_TOO_LARGE` (exit 2) where the value is over 64 KiB
 */
export async function readStdinValue(stream: AsyncIterable<Uint8Array> = process.stdin): Promise<StdinValue> {
	const bytes = await readWhole(stream, VALUE_BYTES_MAX + 2);
	const endsIn = (text: string) => Buffer.from(bytes.subarray(-text.length)).equals(Buffer.from(text));
	const newline = endsIn("\r\n") ? 2 : endsIn("\n") ? 1 : 0;
	const value = bytes.subarray(0, bytes.length - newline);
	if (value.length > VALUE_BYTES_MAX) throw tooLarge();
	return { bytes: value, newlineDropped: newline > 0 };
}
