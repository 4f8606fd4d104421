/** Automations that wait because the clock was ahead when they ran. */
import { nextRun } from "../../modules/automations/schedule.ts";
import { isOneTime, type ScheduledAutomation } from "./due-run.ts";

/** What an automation has done. */
interface Progress {
	readonly listed: ScheduledAutomation;
	readonly runs: number;
	/** No run up to this time is due again. */
	readonly handledMs: number;
}

/**
 * Whether runs are left out until a time in the future up to which runs count as done: the clock was ahead then, and has
 * been set back. Nobody can know which of these runs happened.
 * @throws AppError as `nextRun` for an invalid automation
 */
export function isHeld({ handledMs, listed, runs }: Progress, nowMs: number): boolean {
	if (handledMs <= nowMs || isOneTime(listed.automation)) return false;
	const wouldMs = nextRun(listed.automation, { anchorMs: listed.anchorMs, afterMs: nowMs, runs });
	return wouldMs !== undefined && wouldMs < handledMs;
}
