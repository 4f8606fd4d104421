/** The frames of gRPC, which carry messages over a stream, and the status of a call. */
import { concat } from "../../../../bytes.ts";

/** Status codes of gRPC. */
export const STATUS = {
	ok: 0,
	invalidArgument: 3,
	deadlineExceeded: 4,
	notFound: 5,
	permissionDenied: 7,
	resourceExhausted: 8,
	failedPrecondition: 9,
	outOfRange: 11,
	unavailable: 14,
	unauthenticated: 16,
} as const;

/** The largest message that is accepted. The driver asks for pages that are smaller. */
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;
const PREFIX_BYTES = 5;

/** A call that failed. */
export class GrpcFault extends Error {
	/** A status of gRPC. */
	readonly status: number;
	/** Whether the server answered. If not, the connection failed or the time limit passed. */
	readonly isAnswer: boolean;

	constructor(status: number, message: string, isAnswer: boolean, cause?: unknown) {
		super(message, cause === undefined ? undefined : { cause });
		this.status = status;
		this.isAnswer = isAnswer;
	}
}

/** The bytes that carry a message. */
export function framed(message: Uint8Array): Uint8Array {
	const prefix = new Uint8Array(PREFIX_BYTES);
	new DataView(prefix.buffer).setUint32(1, message.length);
	return concat(prefix, message);
}

/** Cuts the bytes of a stream into messages. */
export class Messages {
	#chunks: Uint8Array[] = [];
	#bytes = 0;

	/** @throws GrpcFault for a message that is compressed or too large */
	take(chunk: Uint8Array): Uint8Array[] {
		this.#chunks.push(chunk);
		this.#bytes += chunk.length;
		const messages: Uint8Array[] = [];
		while (this.#bytes >= PREFIX_BYTES) {
			const first = this.#joined(PREFIX_BYTES);
			const length = new DataView(first.buffer, first.byteOffset).getUint32(1);
			if (first[0] !== 0 || length > MESSAGE_BYTES_MAX)
				throw new GrpcFault(STATUS.unavailable, "the answer is not a message of etcd", true);
			if (this.#bytes < PREFIX_BYTES + length) break;
			const all = this.#joined(PREFIX_BYTES + length);
			messages.push(all.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
			const rest = all.subarray(PREFIX_BYTES + length);
			this.#bytes -= PREFIX_BYTES + length;
			this.#chunks = [rest, ...this.#chunks.slice(1)];
		}
		return messages;
	}

	/** The first chunk, once it has this many bytes. Chunks are joined only when a whole message has arrived. */
	#joined(bytes: number): Uint8Array {
		if ((this.#chunks[0]?.length ?? 0) < bytes) this.#chunks = [concat(...this.#chunks)];
		return this.#chunks[0] as Uint8Array;
	}
}
