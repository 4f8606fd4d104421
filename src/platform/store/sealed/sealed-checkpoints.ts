/**
 * Checkpoints with a code of the platform's identity. Without the identity, a program that can write to the store cannot
 * make or change a checkpoint, or move it to another stream. It can put an earlier one in its place: that one is of an
 * earlier entry, from which the reader goes on.
 */
import { equalBytes, lengthPrefixed } from "../../../bytes.ts";
import { fromBase64, hash, macLarge, toBase64 } from "../../../crypto.ts";
import type { Checkpoint, Checkpoints, StoredCheckpoint, StreamName } from "../store.ts";

const DOMAIN = "coffer/checkpoint/1";

export class SealedCheckpoints implements Checkpoints {
	readonly #checkpoints: Checkpoints;
	readonly #key: Uint8Array;

	/** @param key the key of the platform's identity for stored state: 32 bytes */
	constructor(checkpoints: Checkpoints, key: Uint8Array) {
		this.#checkpoints = checkpoints;
		// A key of its own, since this code is made by another algorithm than all others.
		this.#key = hash(lengthPrefixed(DOMAIN), key);
	}

	async write(checkpoints: readonly Checkpoint[]): Promise<void> {
		await this.#checkpoints.write(
			checkpoints.map(({ stream, text }) => ({
				stream,
				text: `${toBase64(this.#code(stream, text))}\n${text}`,
			})),
		);
	}

	async *read(prefix: string): AsyncGenerator<StoredCheckpoint, void, void> {
		for await (const { stream, text } of this.#checkpoints.read(prefix))
			yield { stream, text: text === undefined ? undefined : this.#opened(stream, text) };
	}

	async remove(stream: StreamName): Promise<void> {
		await this.#checkpoints.remove(stream);
	}

	#opened(stream: StreamName, sealed: string): string | undefined {
		const end = sealed.indexOf("\n");
		const code = fromBase64(sealed.slice(0, Math.max(0, end)));
		const text = sealed.slice(end + 1);
		return code !== undefined && equalBytes(code, this.#code(stream, text)) ? text : undefined;
	}

	#code(stream: StreamName, text: string): Uint8Array {
		return macLarge([lengthPrefixed(DOMAIN, stream), text], this.#key);
	}
}
