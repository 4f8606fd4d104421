/** Times and numbers in words. Pure. */

const STEPS = [
	["d", 86_400_000],
	["h", 3_600_000],
	["min", 60_000],
	["s", 1_000],
] as const;

/** `3 min`, `2 d`: a duration in its greatest unit. */
export function durationText(ms: number): string {
	const found = STEPS.find(([, unit]) => ms >= unit);
	return found === undefined ? "0 s" : `${Math.floor(ms / found[1])} ${found[0]}`;
}

/** `3 min ago`, `in 2 h`, `now`. */
export function distanceText(atMs: number, nowMs: number): string {
	const ms = Math.abs(nowMs - atMs);
	if (ms < 1_000) return "now";
	return atMs > nowMs ? `in ${durationText(ms)}` : `${durationText(ms)} ago`;
}

/** `0.42`, `3.1`, `1,204`: as many digits as say something. */
export function numberText(value: number): string {
	const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
	return value.toLocaleString("en", { maximumFractionDigits: digits });
}

/** Milliseconds as `3.2 ms` or `1.5 s`. */
export const latencyText = (ms: number): string =>
	ms >= 1_000 ? `${numberText(ms / 1_000)} s` : `${numberText(ms)} ms`;

/** Bytes as `34 MiB`. */
export function bytesText(bytes: number): string {
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	let value = bytes;
	let unit = 0;
	while (value >= 1_024 && unit < units.length - 1) {
		value /= 1_024;
		unit++;
	}
	return `${numberText(value)} ${units[unit]}`;
}

/** `1 function`, `3 functions`. */
export const countText = (count: number, one: string, many = `${one}s`): string =>
	`${count.toLocaleString("en")} ${count === 1 ? one : many}`;
