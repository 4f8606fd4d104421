/** Finds the end of a request's body. Pure. */
import { ChunkedDecoder, type ChunkFault } from "../syntax/chunked-decoder.ts";
import { BadRequest } from "./bad-request.ts";
import type { RequestHead } from "./request-head.ts";

export interface BodyDecoder {
	readonly isComplete: boolean;
	/**
	 * Reads the next bytes.
	 * @returns the number of bytes that belong to the body
	 * @throws BadRequest
	 */
	read(bytes: Buffer, onData: (data: Buffer) => void): number;
}

class SizedDecoder implements BodyDecoder {
	#left: number;

	constructor(length: number) {
		this.#left = length;
	}

	get isComplete(): boolean {
		return this.#left === 0;
	}

	read(bytes: Buffer, onData: (data: Buffer) => void): number {
		const data = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
		this.#left -= data.length;
		if (data.length > 0) onData(data);
		return data.length;
	}
}

function chunkError(fault: ChunkFault): BadRequest {
	return new BadRequest(fault === "overhead" ? 413 : 400);
}

/** The decoder of a request's body; undefined if the request has none. */
export function bodyDecoder({ isChunked, length = 0 }: RequestHead): BodyDecoder | undefined {
	if (isChunked) return new ChunkedDecoder(chunkError);
	return length > 0 ? new SizedDecoder(length) : undefined;
}
