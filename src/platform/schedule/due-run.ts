/** Automations of deployed functions, and their runs. */
import { isDeepStrictEqual } from "node:util";
import type { Automation } from "../../modules/automations/automations.ts";

/** An automation of a deployed function, and its progress. */
export interface ScheduledAutomation {
	readonly app: string;
	readonly function: string;
	/** Identifies the function among those that have had its name (`lifetimeKey`). */
	readonly lifetime: string;
	readonly automation: Automation;
	/** When its current schedule was stored. A changed schedule starts again. */
	readonly anchorMs: number;
	/** The number of claimed runs. */
	readonly runs: number;
	/** The time of the last claimed run. */
	readonly lastDueMs: number | undefined;
}

/** One run. `dueMs` identifies it: no two runs of an automation have the same. */
export interface DueRun {
	readonly app: string;
	readonly function: string;
	readonly lifetime: string;
	readonly automation: Automation;
	readonly anchorMs: number;
	readonly dueMs: number;
}

export function keyOf({ app, function: name, lifetime, automation }: ScheduledAutomation): string {
	return JSON.stringify([app, name, lifetime, automation.name]);
}

export function dueOf(listed: ScheduledAutomation, dueMs: number): DueRun {
	const { app, function: name, lifetime, automation, anchorMs } = listed;
	return { app, function: name, lifetime, automation, anchorMs, dueMs };
}

export function isActive(automation: Automation): boolean {
	return automation.type === "scheduled" && automation.is_active !== false;
}

export function isUnchanged(before: ScheduledAutomation, after: ScheduledAutomation): boolean {
	return before.anchorMs === after.anchorMs && isDeepStrictEqual(before.automation, after.automation);
}

export function isOneTime(automation: Automation): boolean {
	return automation.type === "scheduled" && automation.schedule_mode === "one-time";
}
