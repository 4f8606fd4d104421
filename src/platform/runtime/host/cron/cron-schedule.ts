/** The two forms of a schedule of `Deno.cron`: text, and an object (`ext/cron/01_cron.ts` of Deno 2.9). */
interface Range {
	readonly exact?: number | readonly number[];
	readonly start?: number;
	readonly end?: number;
	readonly every?: number;
}

/** The type `Deno.CronSchedule`, which Deno declares with an unstable feature only. */
export interface CronSchedule {
	readonly minute?: number | Range;
	readonly hour?: number | Range;
	readonly dayOfMonth?: number | Range;
	readonly month?: number | Range;
	readonly dayOfWeek?: number | Range;
}

function formatField(value: number | Range | undefined): string {
	if (value === undefined) return "*";
	if (typeof value === "number") return String(value);
	const { exact, start, end, every } = value;
	if (typeof exact === "number") return String(exact);
	if (exact !== undefined) return exact.join(",");
	if (start !== undefined && end !== undefined && every !== undefined) return `${start}-${end}/${every}`;
	if (start !== undefined && end !== undefined) return `${start}-${end}`;
	if (start !== undefined && every !== undefined) return `${start}/${every}`;
	if (start !== undefined) return `${start}/1`;
	if (end === undefined && every !== undefined) return `*/${every}`;
	throw new TypeError(`Invalid cron schedule: start=${start}, end=${end}, every=${every}`);
}

/** The text of an object. A missing field below a given one means its first value, not every value. */
function formatSchedule({ minute, hour, dayOfMonth, month, dayOfWeek }: CronSchedule): string {
	const hasDay = dayOfMonth !== undefined || dayOfWeek !== undefined;
	let fields = [minute, hour, dayOfMonth, month, dayOfWeek];
	if (minute !== undefined) {
		// There is no field below the minute.
	} else if (hour !== undefined) fields = [0, hour, dayOfMonth, month, dayOfWeek];
	else if (hasDay) fields = [0, 0, dayOfMonth, month, dayOfWeek];
	else if (month !== undefined) fields = [0, 0, 1, month, dayOfWeek];
	return fields.map(formatField).join(" ");
}

/** The text of a schedule. @throws TypeError as Deno does, if an object is not a schedule */
export function textOf(schedule: string | CronSchedule): string {
	return typeof schedule === "string" ? schedule : formatSchedule(schedule);
}
