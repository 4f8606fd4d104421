/** The report of `plan` and `--dry-run`: the changes, and the functions that would be redeployed, with the reasons. */
import { Flags } from "@oclif/core";
import { AppError, EXIT } from "../../errors.ts";
import type { TargetBinding } from "../../project/files/config.ts";
import type { Intent, PreviewedChange } from "../../project/secrets/preview-edit.ts";
import type { SessionContext } from "../../project/session/session.ts";
import type { PlannedChange, PlannedRedeploy } from "../../sync/plan.ts";
import { loadedKind } from "../../targets/kinds.ts";
import { count, MARKS } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";
import { listNames } from "./edit-result.ts";

/** Stable: other programs rely on it. */
export interface PlanResult extends PlannedChange {
	environment: string;
	/** False if the environment is not linked: then no function is concerned. */
	linked: boolean;
	/**
	 * The name of the kind of target. Only if it is linked with one: a target does not report the reads of its functions.
	 */
	target?: string;
	changes: readonly PreviewedChange[];
	unchanged: readonly string[];
}

/** `--dry-run`, for commands that edit secrets. */
export const dryRunFlag = Flags.boolean({
	description: "show which functions would be redeployed, and change nothing",
});

/** Predicts the effect of an edit. @throws AppError as the edit, and as the connection to the platform */
export async function planEdit(
	context: SessionContext,
	intents: ReadonlyMap<string, Intent>,
	terminal: Terminal,
): Promise<PlanResult> {
	const [{ previewEdit }, { targetOf }, { planChange }, { bindingOf, isTargetBinding, readConfig }] =
		await Promise.all([
			import("../../project/secrets/preview-edit.ts"),
			import("../context/linking.ts"),
			import("../../sync/plan.ts"),
			import("../../project/files/config.ts"),
		]);
	const { environment, root } = context;
	const binding = bindingOf(await readConfig(root), environment);
	if (isTargetBinding(binding)) return planForTarget(context, binding, intents, terminal);
	const { changes, unchanged, warnings } = await previewEdit(context, intents);
	for (const warning of warnings) terminal.warn(warning);
	const target = binding && (await targetOf(binding, environment));
	const planned = target
		? await askPlatform(() => planChange(target, changes))
		: { redeploy: [], untouched: [] };
	return { environment, linked: target !== undefined, changes, unchanged, ...planned };
}

/** Plans for a target, which does not report the reads of its functions. Only the names to send are known. */
async function planForTarget(
	context: SessionContext,
	binding: TargetBinding,
	intents: ReadonlyMap<string, Intent>,
	terminal: Terminal,
): Promise<PlanResult> {
	const [{ linkedTarget }, { previewEdit }, { targetDiff }] = await Promise.all([
		import("../../targets/linked.ts"),
		import("../../project/secrets/preview-edit.ts"),
		import("../../targets/sync.ts"),
	]);
	const { kind } = await linkedTarget(context, binding);
	const { changes, unchanged, warnings } = await previewEdit(context, intents, async (session) => {
		const { set, deleted } = await targetDiff(session, binding);
		return [...set, ...deleted].map((record) => ({
			name: record.name,
			kind: record.kind === "live" ? "set" : "deleted",
			pending: true,
		}));
	});
	for (const warning of warnings) terminal.warn(warning);
	const { environment } = context;
	return { environment, linked: true, target: kind.name, changes, unchanged, redeploy: [], untouched: [] };
}

/**
 * Requests the plan from the platform. If it does not answer, the hint suggests the analysis of the project's own
 * sources.
 */
async function askPlatform(plan: () => Promise<PlannedChange>): Promise<PlannedChange> {
	try {
		return await plan();
	} catch (error) {
		if (!(error instanceof AppError) || error.exit !== EXIT.network) throw error;
		throw error.with({
			message: `Cannot predict which functions would be redeployed: ${error.message}`,
			hint: "'coffer functions references --local' shows what this project's sources read. Nothing was changed.",
		});
	}
}

function renderRedeploy({ function: name, state, reasons }: PlannedRedeploy, terminal: Terminal): void {
	const how = state === "live" ? "" : `  (${state} now)`;
	terminal.line(`${MARKS.pending} ${name}${how}`);
	const rows = reasons.map((reason) => {
		const place = reason.file === "" ? "seen at run time" : `${reason.file}:${reason.line}`;
		const what = reason.how === "dynamic" ? "may read any secret" : `reads ${reason.name}`;
		return [`    ${what}`, place, reason.how === "declared" ? "declared" : ""];
	});
	// A dynamic function has the same reason for each name. It is printed once.
	const lines = new Map(rows.map((row) => [row.join("\n"), row]));
	terminal.table([...lines.values()]);
}

/** @param isEdit whether the command would have edited the vault */
export function renderPlan(result: PlanResult, isEdit: boolean, terminal: Terminal): void {
	const namesOf = (kind: PreviewedChange["kind"], pending: boolean) =>
		result.changes
			.filter((change) => change.kind === kind && change.pending === pending)
			.map(({ name }) => name);
	for (const [verb, kind] of [
		["set", "set"],
		["delete", "deleted"],
	] as const) {
		const names = namesOf(kind, false);
		if (names.length > 0) terminal.line(`  Would ${verb} ${listNames(names)}`);
	}
	const waiting = [...namesOf("set", true), ...namesOf("deleted", true)];
	if (waiting.length > 0) terminal.line(`  Not synced yet: ${listNames(waiting)}`);
	if (result.unchanged.length > 0) terminal.line(`  Unchanged: ${listNames(result.unchanged)}`);
	if (result.changes.length === 0) terminal.line("  Nothing would change.");
	if (!result.linked)
		terminal.line("  The environment is not linked with a platform, so no function would be redeployed.");
	for (const planned of result.redeploy) renderRedeploy(planned, terminal);
	if (result.target !== undefined)
		terminal.line(
			`  The environment is linked with ${loadedKind(result.target).title}, which does not report what its functions read.`,
		);
	else if (result.linked && result.changes.length > 0) {
		const redeployed = count(result.redeploy.length, "function");
		terminal.line(`  ${redeployed} would be redeployed, ${result.untouched.length} not.`);
	}
	terminal.line(isEdit ? "  Dry run: nothing was changed or sent." : "  Nothing was changed or sent.");
}
