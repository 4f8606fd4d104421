/** The log of a store as of one moment, whatever the driver. Backups copy it from store to store. */
import { createHash } from "node:crypto";
import { lengthPrefixed } from "../../bytes.ts";
import type { AppError } from "../../errors.ts";
import type { StreamHead, StreamName } from "./store.ts";

/** An entry with its stream. */
export type MomentEntry = StreamHead;

export interface Moment {
	/** The store's seal. Undefined if it has none. */
	readonly seal: string | undefined;
	/** The last revision of each stream. */
	readonly heads: ReadonlyMap<StreamName, number>;
	/**
	 * All entries in portions: the streams in the order of the bytes of their names, the entries of each in order.
	 * Throws `STORE_DAMAGED` (exit 7) if entries are missing.
	 */
	entries(): AsyncIterable<readonly MomentEntry[]>;
}

/**
 * Passes portions of entries on, and checks that each stream has all of its entries, and no others.
 * @param gap the error for a stream that does not
 */
export async function* complete(
	heads: Moment["heads"],
	portions: AsyncIterable<readonly MomentEntry[]> | Iterable<readonly MomentEntry[]>,
	gap: (stream: StreamName) => AppError,
): AsyncGenerator<readonly MomentEntry[], void, void> {
	const found = new Map<StreamName, number>();
	for await (const portion of portions) {
		for (const { revision, stream } of portion) {
			if (revision !== (found.get(stream) ?? 0) + 1) throw gap(stream);
			found.set(stream, revision);
		}
		yield portion;
	}
	for (const stream of [...heads.keys(), ...found.keys()])
		if (found.get(stream) !== heads.get(stream)) throw gap(stream);
}

/** A hash over the whole log: each stream, each entry and the seal. @throws as `Moment.entries` */
export async function hashOf(moment: Moment): Promise<string> {
	const digest = createHash("sha256");
	for await (const portion of moment.entries()) {
		for (const { body, revision, stream } of portion) digest.update(lengthPrefixed(stream, revision, body));
	}
	digest.update(lengthPrefixed(moment.heads.size, moment.seal === undefined ? 0 : 1, moment.seal ?? ""));
	return digest.digest("hex");
}
