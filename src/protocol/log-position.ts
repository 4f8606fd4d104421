/**
 * Where a line stands among all that a platform keeps: text of one length, so that later lines have greater positions,
 * compared as text. It goes on rising over restarts of the platform. PURE.
 */
import { z } from "zod";

const DIGITS = 9;
const POSITION = /^[0-9a-z]{9}\.[0-9a-z]{9}$/;

export const logPositionSchema = z.string().regex(POSITION, "must be a position");

/** A number as it stands in a position. */
export function positionDigits(number: number): string {
	return number.toString(36).padStart(DIGITS, "0");
}

/**
 * What the positions of a run begin with; the number of lines that the run kept before follows (`positionDigits`).
 * @param run a number that rises from one run of the platform to the next, such as milliseconds since 1970
 */
export function positionPrefix(run: number): string {
	return `${positionDigits(run)}.`;
}

/** The run that a position is of. */
export function runOfPosition(position: string): number {
	return Number.parseInt(position.slice(0, DIGITS), 36);
}

/** Lines in the order in which they were kept; those without a position are older, and go by their time. */
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
