/**
 * The framing of messages between two of the platform's own processes: a JSON value and a body of bytes. A frame is the
 * length of the JSON and the length of the body, both as 32-bit little-endian numbers, then the JSON in UTF-8, then the
 * body.
 */

const LENGTHS_BYTES = 8;
const JSON_BYTES_MAX = 64 * 1024 * 1024;
const BODY_BYTES_MAX = 512 * 1024 * 1024;
const EMPTY = Buffer.alloc(0);

export interface Frame {
	readonly message: unknown;
	/** Empty if the message has none. */
	readonly body: Buffer;
}

/** Encodes a message. @returns the chunks of the frame, in their order */
export function encodeFrame(message: unknown, body: Uint8Array = EMPTY): Uint8Array[] {
	const json = JSON.stringify(message);
	const jsonBytes = Buffer.byteLength(json);
	const head = Buffer.allocUnsafe(LENGTHS_BYTES + jsonBytes);
	head.writeUInt32LE(jsonBytes, 0);
	head.writeUInt32LE(body.length, 4);
	head.write(json, LENGTHS_BYTES);
	return body.length === 0 ? [head] : [head, body];
}

/** Finds the frames in a stream of chunks. */
export class FrameReader {
	#chunks: Buffer[] = [];
	#size = 0;

	/**
	 * Takes the next chunk. @returns the frames that are complete now
	 * @throws Error if the stream has no valid frame here
	 */
	*read(chunk: Buffer): Iterable<Frame> {
		this.#chunks.push(chunk);
		this.#size += chunk.length;
		while (this.#size >= LENGTHS_BYTES) {
			const lengths = this.#joined(LENGTHS_BYTES);
			const [jsonBytes, bodyBytes] = [lengths.readUInt32LE(0), lengths.readUInt32LE(4)];
			if (jsonBytes > JSON_BYTES_MAX || bodyBytes > BODY_BYTES_MAX)
				throw new Error("The frame is too large.");
			const end = LENGTHS_BYTES + jsonBytes + bodyBytes;
			if (this.#size < end) return;
			const all = this.#joined(end);
			const json = all.toString("utf8", LENGTHS_BYTES, LENGTHS_BYTES + jsonBytes);
			const body = all.subarray(LENGTHS_BYTES + jsonBytes, end);
			this.#chunks = all.length === end ? [] : [all.subarray(end)];
			this.#size -= end;
			yield { message: JSON.parse(json), body };
		}
	}

	/** A buffer with at least this many of the bytes that were read, at the front of the chunks. */
	#joined(bytes: number): Buffer {
		const [first] = this.#chunks;
		if (first !== undefined && first.length >= bytes) return first;
		const all = Buffer.concat(this.#chunks);
		this.#chunks = [all];
		return all;
	}
}
