/** Syncs an environment that is linked with a target: for `coffer sync`, and after an edit. */
import { AppError, EXIT } from "../../errors.ts";
import type { TargetBinding } from "../../project/files/config.ts";
import type { TargetId } from "../../project/memory/target-memory.ts";
import type { SessionContext } from "../../project/session/session.ts";
import type { SideChooser } from "../../sync/changes/merge-with-log.ts";
import { appWords, loadedKind } from "../../targets/kinds.ts";
import { linkedTarget } from "../../targets/linked.ts";
import { syncTarget, type TargetOutcome } from "../../targets/sync.ts";
import type { TargetKind } from "../../targets/target.ts";
import { promptChoice } from "../shell/prompts.ts";
import { MARKS } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";
import { noteSides, type SyncSides } from "../sides/sync-sides.ts";
import { listNames, type SyncReport } from "../views/edit-result.ts";
import { connectTarget } from "./connection.ts";
import { targetSides } from "./sides.ts";

/** Stable: other programs rely on it. */
export interface TargetSyncResult {
	environment: string;
	/** The name of the kind of target. */
	target: string;
	app: string;
	url: string;
	sent: readonly string[];
	deleted: readonly string[];
	/** The part of `sent` that had been sent before and was missing at the target. */
	missing: readonly string[];
	/** Names whose record in the vault is older than the one that was sent, or missing: the user has to decide. */
	pending: readonly string[];
	/** Names that the target has, and neither the vault nor this device knows. They are not changed. */
	foreign: readonly string[];
}

function olderWords({ title }: TargetKind): string {
	return `The vault has older versions than those that were sent to ${title}, or no longer has`;
}

/** Sends the names that an edit changed, without a request for the names at the target. */
export async function sendToTarget(
	context: SessionContext,
	binding: TargetBinding,
	terminal: Terminal,
): Promise<Pick<SyncReport, "pending" | "target">> {
	const linked = await linkedTarget(context, binding);
	const { kind } = linked;
	const connect = (id: TargetId) => connectTarget(kind, id);
	const outcome = await syncTarget(context, linked, connect, { list: false });
	for (const warning of outcome.warnings) terminal.warn(warning);
	const { sent, deleted, rolledBack } = outcome;
	if (rolledBack.length > 0)
		terminal.warn(
			`Not sent, because newer versions were sent to ${kind.title} before: ${listNames(rolledBack)}. Run 'coffer sync' to decide.`,
		);
	const { app, url } = binding;
	return { pending: rolledBack.length, target: { kind: kind.name, app, url, sent, deleted } };
}

/** @throws AppError `TAKE_IMPOSSIBLE` (exit 2) */
function requireLocal({ title }: TargetKind, side: string | undefined): void {
	if (side !== "platform") return;
	throw new AppError({
		code: "TAKE_IMPOSSIBLE",
		message: `${title} does not return the values of its secrets, so they cannot be written to the vault.`,
		hint: "Send the vault's values (--take local), or restore the newer value from git or with 'coffer vault restore NAME'.",
		exit: EXIT.usage,
	});
}

/** Asks about names that are older here; undefined if the decision is made later. */
async function decide(
	kind: TargetKind,
	sides: readonly SyncSides[],
	terminal: Terminal,
): Promise<SideChooser | undefined> {
	const names = sides.map(({ name }) => name);
	terminal.note(`${olderWords(kind)}:`);
	noteSides(sides, kind.title, terminal);
	const side = await promptChoice(
		terminal,
		"A switch to another git branch can cause this. What should happen?",
		[
			{ value: "none", label: "decide later" },
			{
				value: "local",
				label: "send the vault's values",
				hint: `and delete at ${kind.title} the names that the vault no longer has`,
			},
		],
		"coffer sync --take local",
	);
	return side === "none" ? undefined : (name) => (names.includes(name) ? "local" : undefined);
}

/** The error for names that are still undecided. @param data the command's result */
export function rolledBackError(kind: TargetKind, names: readonly string[], data?: unknown): AppError {
	return new AppError({
		code: "SYNC_ROLLED_BACK",
		message: `${olderWords(kind)}: ${listNames(names)}. The cause is a switch to another git branch, or a roll-back of the file.`,
		hint: "Send the vault's values (coffer sync --take local), or restore the newer values from git or with 'coffer vault restore NAME'.",
		exit: EXIT.conflict,
		names,
		data,
	});
}

/** The names of both lists, sorted. */
function union(a: readonly string[], b: readonly string[]): string[] {
	return [...new Set([...a, ...b])].sort();
}

/** The combined outcome of two syncs. The second one applied the user's decision. */
function combined(first: TargetOutcome, second: TargetOutcome): TargetOutcome {
	return {
		...second,
		sent: union(first.sent, second.sent),
		deleted: union(first.deleted, second.deleted),
		missing: union(first.missing, second.missing),
	};
}

/**
 * Sends pending secrets, sends again those that are missing at the target, and reports names that only the
 * target has.
 * @param decisions the parsed `--take`, and its side as the user typed it
 * @throws AppError `SYNC_ROLLED_BACK` (exit 5) for undecided names, `TAKE_IMPOSSIBLE` (exit 2), and as `syncTarget`
 */
export async function syncWithTarget(
	context: SessionContext,
	binding: TargetBinding,
	{ take, side }: { take: SideChooser | undefined; side: string | undefined },
	terminal: Terminal,
): Promise<TargetSyncResult> {
	const linked = await linkedTarget(context, binding);
	const { kind } = linked;
	requireLocal(kind, side);
	const connect = (id: TargetId) => connectTarget(kind, id);
	const run = (decided: SideChooser | undefined) => {
		const takeLocal = (name: string) => decided?.(name) === "local";
		return syncTarget(context, linked, connect, { list: true, takeLocal });
	};
	let outcome = await run(take);
	if (outcome.rolledBack.length > 0 && terminal.interactive) {
		const sides = await targetSides(context, linked, outcome.rolledBack);
		const decided = await decide(kind, sides, terminal);
		if (decided) outcome = combined(outcome, await run(decided));
	}
	for (const warning of outcome.warnings) terminal.warn(warning);
	const { sent, deleted, missing, rolledBack: pending, foreign } = outcome;
	const { app, url } = binding;
	const { environment } = context;
	const result = {
		environment,
		target: kind.name,
		app,
		url,
		sent,
		deleted,
		missing,
		pending,
		foreign,
	};
	if (pending.length > 0) throw rolledBackError(kind, pending, result);
	return result;
}

/** A line about names that only the target has. */
export function foreignLine({ importCommand, title }: TargetKind, names: readonly string[]): string {
	const found = `${title} has secrets that the vault does not have: ${listNames(names)}. They were not changed.`;
	return importCommand === undefined ? found : `${found} To import them: ${importCommand}`;
}

export function renderTargetSync(result: TargetSyncResult, terminal: Terminal): void {
	const { environment, sent, deleted, missing, foreign, pending, app } = result;
	const kind = loadedKind(result.target);
	if (missing.length > 0)
		terminal.line(`${MARKS.pending} Missing at ${kind.title}, sent again: ${listNames(missing)}`);
	if (sent.length > 0) terminal.line(`${MARKS.ok} Sent ${listNames(sent)} of ${environment}`);
	if (deleted.length > 0) terminal.line(`${MARKS.ok} Deleted ${listNames(deleted)}`);
	if (foreign.length > 0) terminal.line(foreignLine(kind, foreign));
	if (pending.length === 0)
		terminal.line(`In sync: ${environment} with ${appWords(kind.name, app)} at ${kind.title}`);
}
