/** The ranges that selectors and cursors of a list describe (`ext/kv/lib.rs` of Deno 2.9). */
import { compareKeys, concatenate, encodeKey, type Key } from "./kv-keys.ts";

/** The selector of a list. It has a prefix, or both ends. */
export interface Selector {
	readonly prefix?: Key | undefined;
	readonly start?: Key | undefined;
	readonly end?: Key | undefined;
}

/** The first key of a range and the key after its last one, as bytes. */
export interface KeyRange {
	readonly start: Uint8Array;
	readonly end: Uint8Array;
}

interface EncodedSelector extends KeyRange {
	/** The bytes that the keys of the range have in common. A cursor does not contain them. */
	readonly common: Uint8Array;
	/** Whether the selector has the end itself. */
	readonly hasStart: boolean;
	readonly hasEnd: boolean;
}

function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
	return key.length >= prefix.length && compareKeys(key.subarray(0, prefix.length), prefix) === 0;
}

function commonPrefix(one: Uint8Array, other: Uint8Array): Uint8Array {
	let length = 0;
	while (length < one.length && one[length] === other[length]) length++;
	return one.subarray(0, length);
}

function encodeSelector(selector: Selector): EncodedSelector {
	const [prefix, start, end] = [selector.prefix, selector.start, selector.end].map(
		(key) => key && encodeKey(key),
	);
	if (prefix === undefined) {
		if (start === undefined || end === undefined) throw new TypeError("Invalid range");
		if (compareKeys(start, end) > 0) throw new TypeError("Start key is greater than end key");
		return { start, end, common: commonPrefix(start, end), hasStart: true, hasEnd: true };
	}
	const isWithin = (key: Uint8Array) => startsWith(key, prefix) && key.length > prefix.length;
	if (start !== undefined && !isWithin(start))
		throw new TypeError("Start key is not in the keyspace defined by prefix");
	if (end !== undefined && !isWithin(end))
		throw new TypeError("End key is not in the keyspace defined by prefix");
	return {
		start: start ?? concatenate(prefix, [0]),
		end: end ?? concatenate(prefix, [0xff]),
		common: prefix,
		hasStart: start !== undefined,
		hasEnd: end !== undefined,
	};
}

/** The part of a range that follows a cursor. An empty cursor is the end of a list. */
export function rangeOf(selector: Selector, isReverse: boolean, cursor: string | undefined): KeyRange {
	const encoded = encodeSelector(selector);
	if (cursor === undefined) return encoded;
	let rest: Uint8Array;
	try {
		rest = Uint8Array.fromBase64(cursor, { alphabet: "base64url", lastChunkHandling: "strict" });
	} catch {
		throw new TypeError("invalid cursor");
	}
	const boundary = concatenate(encoded.common, rest);
	const [start, end] = isReverse ? [encoded.start, boundary] : [concatenate(boundary, [0]), encoded.end];
	const isOutside =
		(encoded.hasStart && compareKeys(start, encoded.start) < 0) ||
		(encoded.hasEnd && compareKeys(end, encoded.end) > 0);
	if (isOutside) throw new TypeError("cursor out of bounds");
	return { start, end };
}

/** The cursor that continues a list after a key. */
export function cursorOf(selector: Selector, key: Key): string {
	const { common } = encodeSelector(selector);
	const boundary = encodeKey(key);
	if (!startsWith(boundary, common)) throw new TypeError("Invalid boundary key");
	return boundary.subarray(common.length).toBase64({ alphabet: "base64url" });
}
