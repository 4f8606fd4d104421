/** Limits of requests to the stores of apps. The limits of keys, values and writes are Deno's (`ext/kv/config.rs`). */
export const KEY_BYTES_MAX = 2048;
/** The ends of a range are keys with one byte more. */
export const READ_KEY_BYTES_MAX = KEY_BYTES_MAX + 1;
export const VALUE_BYTES_MAX = 65_536;
export const RANGES_MAX = 10;
export const ENTRIES_MAX = 1000;
export const CHECKS_MAX = 100;
export const MUTATIONS_MAX = 1000;
export const WATCHED_KEYS_MAX = 10;
export const WRITE_BYTES_MAX = 800 * 1024;

/** A write of `WRITE_BYTES_MAX` in base 64, with the rest of its message. */
export const FRAME_BYTES_MAX = 1536 * 1024;
/** An answer to a read ends with the value that exceeds this. The process then asks for the rest. */
export const ANSWER_BYTES_MAX = 1024 * 1024;
/** Each row that is read counts as this many bytes more, because many small rows take as long as a few large ones. */
export const ROW_BYTES = 512;
/** The part of the thread's time that one app may use, and for how long it may exceed that. */
export const APP_SHARE = 0.5;
export const APP_BURST_MS = 2_000;
/** The requests of one process that wait for a change or a message at the same time. */
export const WAITING_MAX = 200;
