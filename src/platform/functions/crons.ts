/** Cron jobs that the code of a function registers with `Deno.cron`. They become automations of the function. */
import * as z from "zod";
import type { Automation, CronAutomation } from "../../modules/automations/automations.ts";
import { cronFault } from "../../modules/automations/cron.ts";

const BACKOFF_MS_MAX = 3_600_000;
const BACKOFF_COUNT_MAX = 5;
export const CRONS_MAX = 100;

/** A cron job as a function's process reports it and as a deployment keeps it. */
export const cronSchema = z.strictObject({
	/** Unique in the function. */
	name: z.string().regex(/^(?! *$)[A-Za-z0-9_ -]{1,64}$/),
	/** A cron expression, in UTC. */
	schedule: z.string().max(500),
	/** The delays before a failed run is repeated, in milliseconds. */
	backoff: z.array(z.int().min(0).max(BACKOFF_MS_MAX)).max(BACKOFF_COUNT_MAX).readonly().optional(),
});
export type Cron = Readonly<z.infer<typeof cronSchema>>;

/**
 * The result of a run of a job. `unknown`: the process has no such job. `busy`: the job still runs. `exited`: the
 * process ended before. `timeout`: the job did not end in time.
 */
export type CronOutcome = "ok" | "failed" | "unknown" | "busy" | "exited" | "timeout";

/** A key that no automation of a file can have, because it is not JSON. */
const BACKOFF = Symbol("backoff");

/** The automation of a cron job. A run calls the handler of the job in the function's process. */
export interface CodeCron extends CronAutomation {
	readonly [BACKOFF]: readonly number[];
}

export function automationOf({ name, schedule, backoff = [] }: Cron): CodeCron {
	return {
		name,
		type: "scheduled",
		schedule_mode: "recurring",
		schedule_type: "cron",
		cron_expression: schedule,
		[BACKOFF]: backoff,
	};
}

/**
 * The delays before a failed run of a cron job is repeated, in milliseconds. Undefined for an automation that the code
 * did not register.
 */
export function backoffOf(automation: Automation): readonly number[] | undefined {
	return BACKOFF in automation ? (automation as CodeCron)[BACKOFF] : undefined;
}

/**
 * Says why cron jobs cannot be automations of a function; undefined if they can.
 * @param names the names of the automations in the function's files
 */
export function cronsFault(crons: readonly Cron[], names: readonly string[]): string | undefined {
	for (const { name, schedule } of crons) {
		if (names.includes(name))
			return `The cron job "${name}" of the code has the same name as an automation in function.jsonc. Rename one of them.`;
		const fault = cronFault(schedule);
		if (fault !== undefined) return `The schedule of the cron job "${name}" ${fault}.`;
	}
	return undefined;
}
