/**
 * The position of a line among all lines that a platform stores. All positions have the same length, and later lines
 * have greater positions when compared as text, also after a restart of the platform. Pure.
 */
import * as z from "zod";

const DIGITS = 9;
const POSITION = /^[0-9a-z]{9}\.[0-9a-z]{9}$/;

export const logPositionSchema = z.string().regex(POSITION, "must be a position");

/** Formats a number for use in a position: 9 digits in base 36. */
export function positionDigits(number: number): string {
	return number.toString(36).padStart(DIGITS, "0");
}

/**
 * The prefix of all positions of one run of the platform. The number of earlier lines of the run follows
 * (`positionDigits`).
 * @param run a number that increases from one run to the next, such as milliseconds since 1970
 */
export function positionPrefix(run: number): string {
	return `${positionDigits(run)}.`;
}

/** The number of the run in which a position was made. */
export function runOfPosition(position: string): number {
	return Number.parseInt(position.slice(0, DIGITS), 36);
}

/**
 * Compares lines by the order in which they were stored. Lines without a position are older than lines with one, and
 * are compared by time.
 */
export function comparePositions(
	one: { readonly position?: string | undefined; readonly time: string },
	other: { readonly position?: string | undefined; readonly time: string },
): number {
	const [a, b] =
		one.position === undefined && other.position === undefined
			? [one.time, other.time]
			: [one.position ?? "", other.position ?? ""];
	return a < b ? -1 : a > b ? 1 : 0;
}
