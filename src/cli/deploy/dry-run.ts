/** `coffer functions deploy --dry-run`: predicts the results of a deployment. */
import { AppError, EXIT } from "../../errors.ts";
import type { DisabledFunction } from "../../project/functions/function-entry.ts";
import type { LinkTarget } from "../../sync/client/link-target.ts";
import { type DeployPlan, type PlannedFunction, plannedDeployment } from "../../sync/deploy/deploy-plan.ts";
import { projectReferences } from "../context/local-references.ts";
import { type Environment, inheritedEnvironment } from "../shell/process-environment.ts";
import { count, MARKS } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";
import {
	type MissingSecrets,
	missingSecrets,
	renderAbsent,
	renderDisabled,
	renderMissing,
} from "./missing-secrets.ts";

/** Stable: other programs rely on it. */
export interface DryRun extends MissingSecrets {
	dryRun: true;
	functions: readonly (PlannedFunction & {
		/** The names that it reads, sorted. A prefix of names ends with a star. */
		readonly reads: readonly string[];
		/** Whether it may read any name. */
		readonly dynamic: boolean;
	})[];
	/** Functions on the platform that the project does not have; `--prune` deletes them. */
	absent: readonly string[];
	/** Functions that a configuration file turns off. */
	disabled: readonly DisabledFunction[];
	/** Whether `--prune` was given. */
	prune: boolean;
}

export interface DryRunOptions {
	readonly names: readonly string[];
	readonly prune: boolean;
	readonly environment: Environment;
}

/**
 * Makes the plan. Functions are prepared, and built if they differ, in a temporary folder that is removed afterwards.
 */
async function planned(
	root: string,
	target: LinkTarget,
	names: readonly string[],
	{ denoPath }: Environment,
): Promise<DeployPlan> {
	const { LocalBuilds } = await import("../../local/builds.ts");
	const environment = inheritedEnvironment();
	await using builds = new LocalBuilds({ explicit: denoPath, searchPath: environment["PATH"] }, environment);
	return await plannedDeployment(root, target, names, (upload, conditions) =>
		builds.prepare(upload, conditions),
	);
}

/**
 * Predicts the results of a deployment.
 * @throws AppError `DEPLOY_WOULD_FAIL` (exit 1) with the result as data, if this device can see that a
 *   function would not build; as `plannedDeployment` and `projectReferences`
 */
export async function dryRun(
	{ root, name: named, target }: { root: string; name: string; target: LinkTarget },
	{ environment, names, prune }: DryRunOptions,
): Promise<DryRun> {
	const { absent, disabled, functions } = await planned(root, target, names, environment);
	const sound = functions.filter(({ error }) => error === undefined).map(({ name }) => name);
	const read = sound.length === 0 ? [] : (await projectReferences(sound, environment)).functions;
	const missing = await missingSecrets(
		root,
		named,
		target,
		read.filter(({ error }) => error === undefined),
	);
	const result: DryRun = {
		dryRun: true,
		functions: functions.map((one) => {
			const found = read.find(({ name }) => name === one.name);
			const error = one.error ?? (found?.error && `${found.error.message} ${found.error.hint}`);
			return {
				...one,
				reads: [...new Set(found?.references.map((reference) => reference.name))].sort(),
				dynamic: (found?.dynamic.length ?? 0) > 0,
				...(error !== undefined && { error }),
			};
		}),
		absent,
		disabled,
		...missing,
		prune,
	};
	const failing = result.functions.filter(({ error }) => error !== undefined);
	if (failing.length === 0) return result;
	throw new AppError({
		code: "DEPLOY_WOULD_FAIL",
		message: `${count(failing.length, "function")} of ${functions.length} would fail: ${failing.map(({ name }) => name).join(", ")}.`,
		hint: "Fix the errors that are listed above. Nothing was sent.",
		exit: EXIT.failure,
		data: result,
	});
}

const SIGNS: Readonly<Record<PlannedFunction["status"], string>> = {
	new: MARKS.ok,
	changed: MARKS.ok,
	unchanged: MARKS.same,
	unknown: MARKS.pending,
};

function valueText(change: PlannedFunction["settings"][number], side: "from" | "to"): string {
	return side in change ? JSON.stringify(change[side]) : "(default)";
}

export function renderDryRun(result: DryRun, environment: string, terminal: Terminal): void {
	for (const { dynamic, error, name, reads, settings, status, warnings = [] } of result.functions) {
		const known =
			status === "unknown" ? "on the platform; an older platform does not report whether it changed" : status;
		const names = dynamic
			? "reads any secret"
			: reads.length > 0
				? `reads ${reads.join(", ")}`
				: "reads no secret";
		if (error === undefined) terminal.line(`${SIGNS[status]} ${name}  ${known}  ${names}`);
		else terminal.line(`${MARKS.failed} ${name}  would fail`);
		if (error !== undefined) terminal.block(error, "    ");
		for (const { message } of warnings) terminal.block(message, "    ");
		for (const change of settings)
			terminal.line(`    ${change.key}: ${valueText(change, "from")} → ${valueText(change, "to")}`);
	}
	renderDisabled(result.disabled, terminal);
	renderMissing(result, environment, terminal);
	if (!result.prune) renderAbsent(result.absent, environment, terminal);
	else for (const name of result.absent) terminal.line(`${MARKS.failed} ${name}  would be deleted (--prune)`);
	const unsure = result.functions.filter(({ certain, status }) => !certain && status === "changed");
	if (unsure.length > 0)
		terminal.line(
			`Not built here, so these may turn out to be unchanged: ${unsure.map(({ name }) => name).join(", ")}. A build needs the platform's version of Deno.`,
		);
	terminal.line("Dry run: nothing was sent.");
}
