/**
 * Syncs after an edit of the vault, if the environment is linked, and reports the edit and the sync together.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { Binding } from "../../project/files/config.ts";
import { CONFIG_FILE } from "../../project/files/project-root.ts";
import type { SessionContext } from "../../project/session/session.ts";
import type { SyncOutcome } from "../../sync/changes/sync.ts";
import { closeFilled } from "../requests/after-edit.ts";
import type { Terminal } from "../shell/terminal.ts";
import { listNames, type SyncReport } from "../views/edit-result.ts";
import { servingClause } from "../views/redeploy-lines.ts";

const NOT_SYNCED: SyncReport = {
	revision: null,
	pending: 0,
	redeployed: [],
	untouched: [],
};

async function pendingCount(context: SessionContext, binding: Binding | undefined): Promise<number> {
	if (!binding) return 0;
	const [{ readSession }, { pendingIn }] = await Promise.all([
		import("../../project/secrets/edit-secrets.ts"),
		import("../context/link-state.ts"),
	]);
	const { session } = await readSession(context);
	return (await pendingIn(session, binding)).length;
}

function redeployFailure(data: SyncReport, environment: string): AppError {
	const failed = data.redeployed.filter((result) => result.status === "failed");
	const names = listNames(failed.map((result) => result.function));
	const logs = inEnvironment("coffer functions logs NAME", environment);
	return new AppError({
		code: "REDEPLOY_FAILED",
		message: `The change is saved and synced, but ${names} did not start with it; ${servingClause(failed)}.`,
		hint: `Fix the value and set it again, or fix the function and deploy it. '${logs}' shows why it failed.`,
		exit: EXIT.failure,
		data,
	});
}

function report<Edited extends object>(
	edited: Edited,
	outcome: SyncOutcome,
	{ environment, terminal }: { environment: string; terminal: Terminal },
): Edited & SyncReport {
	for (const warning of outcome.warnings) terminal.warn(warning);
	if (outcome.rolledBack.length > 0) {
		terminal.warn(
			`Not synced, because the vault has older versions than the platform: ${listNames(outcome.rolledBack)}. Run '${inEnvironment("coffer sync", environment)}' to decide.`,
		);
	}
	const { revision, redeployed, untouched, rolledBack } = outcome;
	const data = { ...edited, revision, pending: rolledBack.length, redeployed, untouched };
	if (redeployed.some((result) => result.status === "failed")) throw redeployFailure(data, environment);
	return data;
}

export interface EditOptions {
	readonly sync: boolean;
	readonly terminal: Terminal;
	/** Whether to wait until all nodes of the platform have followed. True by default. */
	readonly waits?: boolean;
}

/** Syncs with the platform or the target that the environment is linked with. */
async function syncNow<Edited extends object>(
	context: SessionContext,
	edited: Edited,
	binding: Binding,
	{ terminal, waits = true }: EditOptions,
): Promise<Edited & SyncReport> {
	const { isTargetBinding } = await import("../../project/files/config.ts");
	if (isTargetBinding(binding)) {
		const { sendToTarget } = await import("../targets/sync.ts");
		return { ...edited, ...NOT_SYNCED, ...(await sendToTarget(context, binding, terminal)) };
	}
	const [{ targetOf }, { syncEnvironment }, { PlatformWait }] = await Promise.all([
		import("../context/linking.ts"),
		import("../../sync/changes/sync.ts"),
		import("../wait/wait.ts"),
	]);
	const { environment } = context;
	using wait = new PlatformWait(terminal, environment);
	const { onAccepted, onRedeploy, signal } = wait;
	const onNode = waits ? wait.onNode : undefined;
	const target = await targetOf(binding, environment, { signal });
	const hooks = { onAccepted, onRedeploy, onNode };
	const outcome = await wait.during(() => syncEnvironment(context, target, hooks), {
		sentence: "The change is saved",
		data: async (revision) => ({
			...edited,
			...NOT_SYNCED,
			revision,
			pending: await pendingCount(context, binding),
		}),
	});
	return report(edited, outcome, { environment, terminal });
}

/**
 * Syncs after an edit, and adds the result to the edit's report. It is not a failure if the platform cannot
 * be reached or the token is missing: the change is saved, and counts as pending.
 * @throws AppError `REDEPLOY_FAILED` (exit 1), `SYNC_CONFLICT` (exit 5) and others of the sync, with the
 *   result as data
 */
export async function afterEdit<Edited extends object>(
	context: SessionContext,
	edited: Edited,
	options: EditOptions,
): Promise<Edited & SyncReport> {
	const { terminal } = options;
	await closeFilled(context.root, context.environment, terminal);
	if (!existsSync(join(context.root, CONFIG_FILE))) return { ...edited, ...NOT_SYNCED };
	const { bindingOf, readConfig } = await import("../../project/files/config.ts");
	let binding: Binding | undefined;
	try {
		binding = bindingOf(await readConfig(context.root), context.environment);
		if (!binding) return { ...edited, ...NOT_SYNCED };
		if (options.sync) return await syncNow(context, edited, binding, options);
		return { ...edited, ...NOT_SYNCED, pending: await pendingCount(context, binding) };
	} catch (error) {
		if (!(error instanceof AppError) || error.code === "REDEPLOY_FAILED") throw error;
		const data = { ...edited, ...NOT_SYNCED, pending: await pendingCount(context, binding) };
		if (error.exit === EXIT.network) {
			const { CredentialMissing } = await import("../context/link-state.ts");
			const hint = error instanceof CredentialMissing ? ` ${error.hint}` : "";
			terminal.warn(`Saved, but not synced: ${error.message}${hint}`);
			return data;
		}
		throw error.with({ message: `Saved, but not synced: ${error.message}`, data });
	}
}
