/**
 * A moment in the life of an app's secrets. It counts entries of the app's streams, so it is the same whenever the streams
 * are read again, in whatever order.
 */
export interface Moment {
	/** The number of changes in the app's log. */
	readonly changes: number;
	/** The number of changes of the secrets of the app's own environment. */
	readonly local: number;
}

/** Before the first change. */
export const NO_CHANGE: Moment = { changes: 0, local: 0 };

/** Whether something in a moment comes after another moment. */
export function isAfter(moment: Moment, other: Moment): boolean {
	return moment.changes > other.changes || moment.local > other.local;
}

/** The moment as text, which `parseMoment` reads. */
export function formatMoment({ changes, local }: Moment): string {
	return `${changes}+${local}`;
}

/** Undefined if the text is not one of `formatMoment`. */
export function parseMoment(text: string): Moment | undefined {
	const [, changes, local] = /^(\d{1,15})\+(\d{1,15})$/.exec(text) ?? [];
	return changes === undefined ? undefined : { changes: Number(changes), local: Number(local) };
}
