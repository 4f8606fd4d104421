/** The operations of a store, with the checks that Deno does itself (`ext/kv/lib.rs` and `config.rs` of Deno 2.9). */
import type { Channel } from "./kv-channel.ts";
import { concatenate, decodeKey, encodeKey, type Key, type KeyPart, KeyPartError } from "./kv-keys.ts";
import type { KeyRange } from "./kv-ranges.ts";
import { deserializeValue, type EncodedValue, fromText, toText, type WireValue } from "./kv-values.ts";

const KEY_BYTES_MAX = 2048;
const VALUE_BYTES_MAX = 65_536;
const RANGES_MAX = 10;
const ENTRIES_MAX = 1000;
const CHECKS_MAX = 100;
const MUTATIONS_MAX = 1000;
const WATCHED_KEYS_MAX = 10;
const WRITE_BYTES_MAX = 819_200;
const WRITE_KEY_BYTES_MAX = 81_920;

type WireEntry = readonly [key: string, encoding: number, value: string, versionstamp: string];

export interface Entry {
	readonly key: KeyPart[];
	readonly value: unknown;
	readonly versionstamp: string;
}

export interface ReadRange extends KeyRange {
	readonly limit: number;
	readonly isReverse: boolean;
}

export type MutationType = "set" | "delete" | "sum" | "min" | "max" | "setSuffixVersionstampedKey";

export interface Mutation {
	readonly key: Key;
	readonly type: MutationType;
	readonly value: EncodedValue | undefined;
	readonly expireIn: number | undefined;
}

export type Check = readonly [key: Key, versionstamp: string | null];

const { BadResource } = Deno.errors;

function entryOf([key, encoding, value, versionstamp]: WireEntry): Entry {
	const wire: WireValue = [encoding, value];
	return { key: decodeKey(fromText(key)), value: deserializeValue(wire), versionstamp };
}

/** @throws TypeError with the operation before the reason, if Deno's message has it too */
function encodeWritten(key: Key, nameError: (reason: string) => string): Uint8Array {
	try {
		return encodeKey(key);
	} catch (error) {
		throw error instanceof KeyPartError ? new TypeError(nameError(error.message)) : error;
	}
}

function checkReadKey(key: Uint8Array): void {
	if (key.length > KEY_BYTES_MAX + 1)
		throw new TypeError(`Key too large for read (max ${KEY_BYTES_MAX + 1} bytes)`);
}

function checkWrite(
	checks: readonly { readonly key: Uint8Array }[],
	mutations: readonly { readonly key: Uint8Array; readonly value: EncodedValue | undefined }[],
): void {
	let total = 0;
	let keys = 0;
	for (const { key } of [...checks, ...mutations]) {
		if (key.length === 0) throw new TypeError("key cannot be empty");
		if (key.length > KEY_BYTES_MAX)
			throw new TypeError(`Key too large for write (max ${KEY_BYTES_MAX} bytes)`);
		total += key.length;
	}
	for (const { key, value } of mutations) {
		if (value === undefined) continue;
		if (value.bytes.length > VALUE_BYTES_MAX)
			throw new TypeError(`Value too large (max ${VALUE_BYTES_MAX} bytes)`);
		total += value.bytes.length + key.length;
		keys += key.length;
	}
	if (total > WRITE_BYTES_MAX)
		throw new TypeError(`Total mutation size too large (max ${WRITE_BYTES_MAX} bytes)`);
	if (keys > WRITE_KEY_BYTES_MAX)
		throw new TypeError(`Total key size too large (max ${WRITE_KEY_BYTES_MAX} bytes)`);
}

/** One opened store. Several of a process share the channel. */
export class Database {
	readonly #channel: Channel;
	readonly #onClose = new Set<() => void>();
	#isClosed = false;

	constructor(channel: Channel) {
		this.#channel = channel;
	}

	get isClosed(): boolean {
		return this.#isClosed;
	}

	/** Ends all waiting requests. @throws BadResource if it is closed already */
	close(): void {
		this.#check();
		this.#isClosed = true;
		for (const end of this.#onClose) end();
	}

	#check(): void {
		if (this.#isClosed) throw new BadResource("Bad resource ID");
	}

	/** Reads ranges of one state of the store. */
	async read(ranges: readonly ReadRange[]): Promise<Entry[][]> {
		this.#check();
		if (ranges.length > RANGES_MAX) throw new TypeError(`Too many ranges (max ${RANGES_MAX})`);
		for (const { start, end } of ranges) for (const key of [start, end]) checkReadKey(key);
		if (ranges.reduce((sum, { limit }) => sum + limit, 0) > ENTRIES_MAX)
			throw new TypeError(`Too many entries (max ${ENTRIES_MAX})`);
		const read = await this.#read(ranges);
		return read.map((entries) => entries.map(entryOf));
	}

	/** Reads ranges, and repeats the request for entries that did not fit into an answer. */
	async #read(ranges: readonly ReadRange[]): Promise<WireEntry[][]> {
		const answer = await this.#channel.ask<{ ranges: { entries: WireEntry[]; hasMore: boolean }[] }>({
			op: "read",
			ranges: ranges.map(({ start, end, limit, isReverse }) => [
				toText(start),
				toText(end),
				limit,
				isReverse,
			]),
		});
		return await Promise.all(
			answer.ranges.map(async ({ entries, hasMore }, index) => {
				const range = ranges[index];
				if (!hasMore || range === undefined) return entries;
				const last = entries.at(-1);
				const boundary = last && fromText(last[0]);
				const start = boundary && !range.isReverse ? concatenate(boundary, [0]) : range.start;
				const end = boundary && range.isReverse ? boundary : range.end;
				const limit = range.limit - entries.length;
				const [rest = []] = await this.#read([{ ...range, start, end, limit }]);
				return [...entries, ...rest];
			}),
		);
	}

	/** @returns the versionstamp of the write; null if a check failed */
	async write(checks: readonly Check[], mutations: readonly Mutation[]): Promise<string | null> {
		const nowMs = Date.now();
		this.#check();
		if (checks.length > CHECKS_MAX) throw new TypeError(`Too many checks (max ${CHECKS_MAX})`);
		if (mutations.length > MUTATIONS_MAX) throw new TypeError(`Too many mutations (max ${MUTATIONS_MAX})`);
		const encodedChecks = checks.map(([key, versionstamp]) => {
			if (versionstamp != null && !/^[0-9a-f]{20}$/i.test(versionstamp)) throw new TypeError("Invalid check");
			return {
				key: encodeWritten(key, () => "Invalid check"),
				versionstamp: versionstamp?.toLowerCase() ?? null,
			};
		});
		const encoded = mutations.map((mutation) => ({
			...mutation,
			key: encodeWritten(mutation.key, (reason) => `Invalid mutation: ${reason}`),
		}));
		checkWrite(encodedChecks, encoded);
		const answer = await this.#channel.ask<{ versionstamp: string | null }>({
			op: "write",
			checks: encodedChecks.map(({ key, versionstamp }) => [toText(key), versionstamp]),
			mutations: encoded.map(({ key, type, value, expireIn }) => ({
				key: toText(key),
				type,
				...(value && { value: [value.encoding, toText(value.bytes)] }),
				...(expireIn !== undefined && { expireAt: Math.min(nowMs + expireIn, Number.MAX_SAFE_INTEGER) }),
			})),
		});
		return answer.versionstamp;
	}

	/**
	 * Waits until one of the keys is written.
	 * @param seen the versionstamps that are known; undefined for the current entries
	 * @returns undefined once the store or the signal is closed
	 */
	async watch(
		keys: readonly Uint8Array[],
		seen: readonly (string | null)[] | undefined,
		signal: AbortSignal,
	): Promise<(Entry | null)[] | undefined> {
		if (this.#isClosed || signal.aborted) return undefined;
		let end = () => {};
		const onId = (id: number) => {
			end = () => this.#channel.cancel(id);
			this.#onClose.add(end);
			signal.addEventListener("abort", end);
		};
		try {
			const request = { op: "watch", keys: keys.map((key) => toText(key)), ...(seen && { seen }) };
			const { entries } = await this.#channel.ask<{ entries: (WireEntry | null)[] }>(request, onId);
			return entries.map((entry) => entry && entryOf(entry));
		} catch (error) {
			if (this.#isClosed || signal.aborted) return undefined;
			throw error;
		} finally {
			this.#onClose.delete(end);
			signal.removeEventListener("abort", end);
		}
	}

	/** Checks and encodes the keys of a watch. */
	encodeWatched(keys: readonly Key[]): Uint8Array[] {
		this.#check();
		if (keys.length > WATCHED_KEYS_MAX) throw new TypeError(`Too many keys (max ${WATCHED_KEYS_MAX})`);
		const encoded = keys.map(encodeKey);
		for (const key of encoded) checkReadKey(key);
		return encoded;
	}
}
