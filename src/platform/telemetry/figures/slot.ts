/**
 * What is counted of a function in five minutes, and its bytes in a file. Pure.
 *
 * Response times are counted in classes whose bounds grow by a constant factor, so that slots can be added, and a
 * quantile of the sum is as exact as one of a part: within half a class, 14 %. (The idea is that of HDR Histogram,
 * http://hdrhistogram.org/.)
 */

/** The duration of a slot in milliseconds. */
export const SLOT_MS = 5 * 60_000;
/** Slots of a day. */
export const SLOTS = 288;

/** Classes of response times. */
export const CLASSES = 48;
const FACTOR = 1.3;
/** The upper bound of the first class, in milliseconds. That of the last one is 113 s; longer times count there. */
const FIRST_MS = 0.5;
/** The first failure among statuses. */
const ERROR_STATUS = 500;

const COUNTS_AT = 24;
export const SLOT_BYTES = COUNTS_AT + CLASSES * 4;

export interface Slot {
	/** When it begins: milliseconds since 1970, a multiple of `SLOT_MS`. */
	readonly atMs: number;
	requests: number;
	/** Answers with a status of 500 or more. */
	errors: number;
	/** The greatest resident memory of the function's process, in bytes. 0: none ran. */
	memoryBytes: number;
	/** The number of requests in each class of response times. */
	readonly counts: Uint32Array;
}

/** The beginning of the slot that a time is in. */
export function slotStart(atMs: number): number {
	return Math.floor(atMs / SLOT_MS) * SLOT_MS;
}

/** The place of a slot in a file that has one place for each slot of a day. */
export function placeOf(atMs: number): number {
	return Math.floor(atMs / SLOT_MS) % SLOTS;
}

export function emptySlot(atMs: number): Slot {
	return { atMs, requests: 0, errors: 0, memoryBytes: 0, counts: new Uint32Array(CLASSES) };
}

function classOf(ms: number): number {
	if (ms <= FIRST_MS) return 0;
	return Math.min(CLASSES - 1, Math.ceil(Math.log(ms / FIRST_MS) / Math.log(FACTOR)));
}

/** Counts answers that took the same time. @param answer `ms`: from a request to its end */
export function countAnswer(
	slot: Slot,
	{ ms, status }: { readonly ms: number; readonly status: number },
	count = 1,
): void {
	slot.requests += count;
	if (status >= ERROR_STATUS) slot.errors += count;
	const index = classOf(ms);
	slot.counts[index] = (slot.counts[index] ?? 0) + count;
}

/** Adds a slot to another one. */
export function addTo(sum: Slot, { counts, errors, memoryBytes, requests }: Slot): void {
	sum.requests += requests;
	sum.errors += errors;
	sum.memoryBytes = Math.max(sum.memoryBytes, memoryBytes);
	for (const [index, count] of counts.entries()) sum.counts[index] = (sum.counts[index] ?? 0) + count;
}

/** The response time that a share of the requests did not exceed, in milliseconds. Null without requests. */
export function quantile({ counts, requests }: Slot, share: number): number | null {
	if (requests === 0) return null;
	let left = Math.max(1, Math.ceil(requests * share));
	for (const [index, count] of counts.entries()) {
		left -= count;
		// The middle of the class, on the scale of its bounds.
		if (left <= 0) return FIRST_MS * FACTOR ** (index === 0 ? 0 : index - 0.5);
	}
	return FIRST_MS * FACTOR ** (CLASSES - 1);
}

/** The bytes of a slot: its time as float64, three counts and a zero as uint32, the classes as uint32; little-endian. */
export function encodeSlot({ atMs, counts, errors, memoryBytes, requests }: Slot): Uint8Array {
	const bytes = new Uint8Array(SLOT_BYTES);
	const view = new DataView(bytes.buffer);
	view.setFloat64(0, atMs, true);
	view.setUint32(8, requests, true);
	view.setUint32(12, errors, true);
	view.setUint32(16, Math.min(2 ** 32 - 1, Math.ceil(memoryBytes / 1024)), true);
	for (const [index, count] of counts.entries()) view.setUint32(COUNTS_AT + index * 4, count, true);
	return bytes;
}

/** The slots in the bytes of a file, in order of time. Places that were never written, or only in part, are left out. */
export function decodeSlots(bytes: Uint8Array): Slot[] {
	const slots: Slot[] = [];
	for (let place = 0; (place + 1) * SLOT_BYTES <= bytes.length; place++) {
		const view = new DataView(bytes.buffer, bytes.byteOffset + place * SLOT_BYTES, SLOT_BYTES);
		const atMs = view.getFloat64(0, true);
		if (!(atMs > 0) || atMs % SLOT_MS !== 0 || placeOf(atMs) !== place) continue;
		const counts = Uint32Array.from({ length: CLASSES }, (_, index) =>
			view.getUint32(COUNTS_AT + index * 4, true),
		);
		const [requests, errors, memory] = [8, 12, 16].map((at) => view.getUint32(at, true));
		if (counts.reduce((sum, count) => sum + count, 0) !== requests) continue;
		slots.push({ atMs, requests, errors: errors ?? 0, memoryBytes: (memory ?? 0) * 1024, counts });
	}
	return slots.sort((one, other) => one.atMs - other.atMs);
}
