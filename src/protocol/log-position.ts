/**
 * Where a line stands among all that a platform keeps: text of one length, so that later lines have greater positions,
 * compared as text. It goes on rising over restarts of the platform. PURE.
 */
import { z } from "zod";

const DIGITS = 9;
const POSITION = /^[0-9a-z]{9}\.[0-9a-z]{9}$/;

export const logPositionSchema = z.string().regex(POSITION, "must be a position");

/**
 * @param run which run of the platform it is: a number that rises from one to the next, such as milliseconds since 1970
 * @param count how many lines that run kept before
 */
export function logPosition(run: number, count: number): string {
	return `${run.toString(36).padStart(DIGITS, "0")}.${count.toString(36).padStart(DIGITS, "0")}`;
}

/** The run that a position is of. */
export function runOf(position: string): number {
	return Number.parseInt(position.slice(0, DIGITS), 36);
}

/** Lines in the order in which they were kept; those without a position are older, and go by their time. */
export function byPosition(
	one: { readonly position?: string | undefined; readonly time: string },
	other: { readonly position?: string | undefined; readonly time: string },
): number {
	const [a, b] =
		one.position === undefined && other.position === undefined
			? [one.time, other.time]
			: [one.position ?? "", other.position ?? ""];
	return a < b ? -1 : a > b ? 1 : 0;
}
