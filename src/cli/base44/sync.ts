/** Syncs an environment that is linked with Base44: for `coffer sync`, and after an edit. */
import { AppError, EXIT } from "../../errors.ts";
import type { Base44Binding } from "../../project/files/config.ts";
import type { SessionContext } from "../../project/session/session.ts";
import type { Take } from "../../sync/changes/merge-with-log.ts";
import { syncTarget, type TargetOutcome } from "../../targets/sync.ts";
import { promptChoice } from "../shell/prompts.ts";
import { MARKS } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";
import { noteSides, type SyncSides } from "../sides/sync-sides.ts";
import { listNames, type SyncReport } from "../views/edit-result.ts";
import { connectBase44 } from "./connection.ts";
import { base44Sides } from "./sides.ts";

/** Stable: other programs rely on it. */
export interface Base44SyncResult {
	environment: string;
	target: "base44";
	app: string;
	url: string;
	sent: readonly string[];
	deleted: readonly string[];
	/** The part of `sent` that had been sent before and was missing at Base44. */
	missing: readonly string[];
	/** Names that are older in the vault than what was sent, or absent: the user has to decide. */
	pending: readonly string[];
	/** Names that Base44 has, and neither the vault nor this device knows. They are left alone. */
	foreign: readonly string[];
}

const OLDER = "The vault has older versions than those that were sent to Base44, or no longer has";

/** Sends the names that an edit changed, without a request for the names at Base44. */
export async function sendToBase44(
	context: SessionContext,
	binding: Base44Binding,
	terminal: Terminal,
): Promise<Pick<SyncReport, "pending" | "target">> {
	const outcome = await syncTarget(context, binding, connectBase44, { list: false });
	for (const warning of outcome.warnings) terminal.warn(warning);
	const { sent, deleted, rolledBack } = outcome;
	if (rolledBack.length > 0)
		terminal.warn(
			`Not sent, because Base44 was sent newer versions: ${listNames(rolledBack)}. Run 'coffer sync' to decide.`,
		);
	const { app, url } = binding;
	return { pending: rolledBack.length, target: { kind: "base44", app, url, sent, deleted } };
}

/** @throws AppError `TAKE_IMPOSSIBLE` (exit 2) */
function requireLocal(side: string | undefined): void {
	if (side !== "platform") return;
	throw new AppError({
		code: "TAKE_IMPOSSIBLE",
		message: "Base44 does not return the values of its secrets, so they cannot be written to the vault.",
		hint: "Send the vault's values (--take local), or restore the newer value from git or with 'coffer vault restore NAME'.",
		exit: EXIT.usage,
	});
}

/** Asks about names that are older here; undefined where it is decided later. */
async function decide(sides: readonly SyncSides[], terminal: Terminal): Promise<Take | undefined> {
	const names = sides.map(({ name }) => name);
	terminal.note(`${OLDER}:`);
	noteSides(sides, "Base44", terminal);
	const side = await promptChoice(
		terminal,
		"A switch to another git branch can cause this. What should happen?",
		[
			{ value: "none", label: "decide later" },
			{
				value: "local",
				label: "send the vault's values",
				hint: "and delete at Base44 what the vault no longer has",
			},
		],
		"coffer sync --take local",
	);
	return side === "none" ? undefined : (name) => (names.includes(name) ? "local" : undefined);
}

/** The error for names that are still undecided. @param data the command's result */
export function rolledBackError(names: readonly string[], data?: unknown): AppError {
	return new AppError({
		code: "SYNC_ROLLED_BACK",
		message: `${OLDER}: ${listNames(names)}. The cause is a switch to another git branch, or a roll-back of the file.`,
		hint: "Send the vault's values (coffer sync --take local), or restore the newer values from git or with 'coffer vault restore NAME'.",
		exit: EXIT.conflict,
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
 * Sends pending secrets, sends again those that are missing at Base44, and reports names that only Base44
 * has.
 * @param decisions the parsed `--take`, and its side as the user typed it
 * @throws AppError `SYNC_ROLLED_BACK` (exit 5) for names that nobody decided, `TAKE_IMPOSSIBLE` (exit 2), and
 *   as `syncTarget`
 */
export async function syncBase44(
	context: SessionContext,
	binding: Base44Binding,
	{ take, side }: { take: Take | undefined; side: string | undefined },
	terminal: Terminal,
): Promise<Base44SyncResult> {
	requireLocal(side);
	const run = (decided: Take | undefined) => {
		const takeLocal = (name: string) => decided?.(name) === "local";
		return syncTarget(context, binding, connectBase44, { list: true, takeLocal });
	};
	let outcome = await run(take);
	if (outcome.rolledBack.length > 0 && terminal.interactive) {
		const sides = await base44Sides(context, binding, outcome.rolledBack);
		const decided = await decide(sides, terminal);
		if (decided) outcome = combined(outcome, await run(decided));
	}
	for (const warning of outcome.warnings) terminal.warn(warning);
	const { sent, deleted, missing, rolledBack: pending, foreign } = outcome;
	const { app, url } = binding;
	const { environment } = context;
	const result = {
		environment,
		target: "base44" as const,
		app,
		url,
		sent,
		deleted,
		missing,
		pending,
		foreign,
	};
	if (pending.length > 0) throw rolledBackError(pending, result);
	return result;
}

/** A line about names that only Base44 has. */
export function foreignLine(names: readonly string[]): string {
	return `Base44 has secrets that the vault does not have: ${listNames(names)}. They were left alone. To import them: coffer import base44`;
}

export function renderBase44Sync(result: Base44SyncResult, terminal: Terminal): void {
	const { environment, sent, deleted, missing, foreign, pending, app } = result;
	if (missing.length > 0)
		terminal.line(`${MARKS.pending} Missing at Base44, sent again: ${listNames(missing)}`);
	if (sent.length > 0) terminal.line(`${MARKS.ok} Sent ${listNames(sent)} of ${environment}`);
	if (deleted.length > 0) terminal.line(`${MARKS.ok} Deleted ${listNames(deleted)}`);
	if (foreign.length > 0) terminal.line(foreignLine(foreign));
	if (pending.length === 0) terminal.line(`In sync: ${environment} with app '${app}' at Base44`);
}
