/**
 * Shared code of the store's contract.
 */
import type { Store, StreamEntry } from "../../../src/platform/store/store.ts";

export interface Opened {
	/** Empty. */
	store: Store;
	/** Closes the store and opens the same data again. */
	reopen(): Promise<Store>;
	/** Lets time pass, for leases. */
	advance(ms: number): Promise<void>;
	/** The time for which tests take leases. */
	leaseMs: number;
}

/** Bytes that depend on the seed and do not repeat. */
export function bytesOf(length: number, seed: number): Uint8Array {
	const bytes = new Uint8Array(length);
	let state = seed + 1;
	for (let index = 0; index < length; index++) {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		bytes[index] = state >>> 24;
	}
	return bytes;
}

/** Appends again until it succeeds, as clients do. Returns how often another writer was faster. */
export async function appendRetrying(store: Store, stream: string, body: string): Promise<number> {
	let lost = 0;
	let expected = 0;
	for (;;) {
		const result = await store.append(stream, expected, body);
		if (result.appended) return lost;
		lost++;
		expected = result.revision;
	}
}

export async function fill(store: Store, stream: string, count: number): Promise<void> {
	for (let revision = 0; revision < count; revision++) {
		await store.append(stream, revision, `body ${revision + 1}`);
	}
}

/** The next `count` entries of a watch. */
export async function take(iterator: AsyncIterator<StreamEntry>, count: number): Promise<StreamEntry[]> {
	const entries: StreamEntry[] = [];
	while (entries.length < count) {
		const { value, done } = await iterator.next();
		if (done) throw new Error(`The watch ended after ${entries.length} of ${count} entries.`);
		entries.push(value);
	}
	return entries;
}

/** Their revisions alone. */
export const revisions = (entries: readonly StreamEntry[]) => entries.map((entry) => entry.revision);
/** 1 … count. */
export const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** The store and the clock of the running test. */
export type Current = () => Opened;
