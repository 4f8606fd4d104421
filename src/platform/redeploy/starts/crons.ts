/** The cron jobs that a process has registered become automations of its deployment. */
import { AppError, EXIT } from "../../../errors.ts";
import { cronsFault } from "../../functions/crons.ts";
import { type Deployment, fileAutomationsOf } from "../../functions/function.ts";
import type { Instance } from "../../runtime/runtime.ts";

/**
 * A deployment with the cron jobs of its process.
 * @throws AppError `FUNCTION_START_FAILED` (exit 1) if a schedule is never due, or a name is used twice
 */
export function withCrons(deployment: Deployment, { crons }: Pick<Instance, "crons">): Deployment {
	const { crons: _, ...rest } = deployment;
	const { registered } = crons;
	checkCrons({ ...rest, crons: registered });
	return registered.length === 0 ? rest : { ...rest, crons: registered };
}

/** @throws AppError `FUNCTION_START_FAILED` (exit 1) if the cron jobs of a deployment do not fit its automations */
export function checkCrons(deployment: Deployment): void {
	const names = fileAutomationsOf(deployment).map(({ name }) => name);
	const fault = cronsFault(deployment.crons ?? [], names);
	if (fault === undefined) return;
	throw new AppError({
		code: "FUNCTION_START_FAILED",
		message: fault,
		hint: "Correct the function and deploy it again.",
		exit: EXIT.failure,
	});
}
