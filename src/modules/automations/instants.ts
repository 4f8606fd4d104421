/** Parses instants and times of day of automations. They are in UTC if they have no offset. Pure. */

export const DAY_MS = 24 * 3600 * 1000;

const INSTANT =
	/^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))?)?$/i;
const TIME_OF_DAY = /^(\d\d):(\d\d)(?::(\d\d))?$/;
/** `Date.UTC` reads years below 100 as 1900 to 1999, and no automation is due before 1970. */
const YEAR_MIN = 1970;

export interface Instant {
	/** Milliseconds since 1970. */
	readonly atMs: number;
	/** The text is a day without a time, and `atMs` is the beginning of the day. */
	readonly isDay: boolean;
}

/**
 * Parses an instant: `2027-03-01T09:00:00Z`, with an offset, without seconds, without an offset (then it is UTC), or
 * only a day. Undefined for anything else, 30 February included.
 */
export function parseInstant(text: string): Instant | undefined {
	const found = INSTANT.exec(text);
	if (found === null) return undefined;
	const [year = 0, month = 0, day = 0] = found.slice(1, 4).map(Number);
	const isDay = found[4] === undefined;
	const timeMs = msOfDay(found[4] ?? "0", found[5] ?? "0", found[6] ?? "0");
	const offsetMs = msOfDay(found[9] ?? "0", found[10] ?? "0", "0");
	if (timeMs === undefined || offsetMs === undefined || year < YEAR_MIN) return undefined;
	const dayMs = Date.UTC(year, month - 1, day);
	// `Date.UTC` moves a day that does not exist to one that does.
	if (new Date(dayMs).getUTCMonth() !== month - 1 || new Date(dayMs).getUTCDate() !== day) return undefined;
	const fractionMs = Math.trunc(Number(`0.${found[7] ?? 0}`) * 1000);
	const sign = found[8] === "-" ? -1 : 1;
	return { atMs: dayMs + timeMs + fractionMs - sign * offsetMs, isDay };
}

/** Parses `09:00` or `09:00:30` into milliseconds since midnight; undefined for anything else. */
export function parseTimeOfDay(text: string): number | undefined {
	const found = TIME_OF_DAY.exec(text);
	return found === null ? undefined : msOfDay(found[1] ?? "", found[2] ?? "", found[3] ?? "0");
}

function msOfDay(hours: string, minutes: string, seconds: string): number | undefined {
	const [hour, minute, second] = [Number(hours), Number(minutes), Number(seconds)];
	if (hour > 23 || minute > 59 || second > 59) return undefined;
	return ((hour * 60 + minute) * 60 + second) * 1000;
}
