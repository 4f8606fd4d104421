/**
 * `coffer sync`, and the sync after an edit, of an environment that is linked with Base44.
 */
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
	/** Of `sent`: what had been sent before and was gone there. */
	missing: readonly string[];
	/** Older here than what was sent, or gone here: somebody has to decide. */
	pending: readonly string[];
	/** What Base44 has, and neither the vault nor this device knows: left alone. */
	foreign: readonly string[];
}

const OLDER = "Older here than what Base44 was sent, or gone here";

/** Sends what an edit left pending: names that differ, and no question of what is there. */
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
			`Not sent, since older here than what Base44 was sent: ${listNames(rolledBack)}. 'coffer sync' tells more.`,
		);
	const { app, url } = binding;
	return { pending: rolledBack.length, target: { kind: "base44", app, url, sent, deleted } };
}

/** @throws AppError `TAKE_IMPOSSIBLE` (exit 2) */
function requireLocal(side: string | undefined): void {
	if (side !== "platform") return;
	throw new AppError({
		code: "TAKE_IMPOSSIBLE",
		message: "Base44 gives no values back: what it has cannot be put into the vault.",
		hint: "Send what is here (--take local), or bring the newer value back: git, or 'coffer vault restore NAME'.",
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
		"A switch of branch does that. What is to be done?",
		[
			{ value: "none", label: "decide later" },
			{ value: "local", label: "send what is here", hint: "what is gone here is deleted there" },
		],
		"coffer sync --take local",
	);
	return side === "none" ? undefined : (name) => (names.includes(name) ? "local" : undefined);
}

/** The error where names are left that nobody decided. @param data of the command */
export function olderError(names: readonly string[], data?: unknown): AppError {
	return new AppError({
		code: "SYNC_ROLLED_BACK",
		message: `${OLDER}: ${listNames(names)}. A switch of branch does that; so does a roll-back.`,
		hint: "Send what is here all the same (coffer sync --take local), or bring the newer values back: git, or 'coffer vault restore NAME'.",
		exit: EXIT.conflict,
		data,
	});
}

/** Names of both, sorted. */
function union(a: readonly string[], b: readonly string[]): string[] {
	return [...new Set([...a, ...b])].sort();
}

/** What two syncs came to, of which the second did what was decided. */
function together(first: TargetOutcome, second: TargetOutcome): TargetOutcome {
	return {
		...second,
		sent: union(first.sent, second.sent),
		deleted: union(first.deleted, second.deleted),
		missing: union(first.missing, second.missing),
	};
}

/**
 * Sends what is pending, sends again what is gone there, and tells what is there besides.
 * @param decisions `take` of `--take`, and its side as it was typed
 * @throws AppError `SYNC_ROLLED_BACK` (exit 5) for names that nobody decided, `TAKE_IMPOSSIBLE` (exit 2), and as `syncTarget`
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
		if (decided) outcome = together(outcome, await run(decided));
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
	if (pending.length > 0) throw olderError(pending, result);
	return result;
}

/** Names of another program's in a line. */
export function foreignLine(names: readonly string[]): string {
	return `At Base44 and not in the vault: ${listNames(names)}. Left alone; import them with coffer import base44.`;
}

export function renderBase44Sync(result: Base44SyncResult, terminal: Terminal): void {
	const { environment, sent, deleted, missing, foreign, pending, app } = result;
	if (missing.length > 0)
		terminal.line(`${MARKS.pending} Was gone at Base44: ${listNames(missing)}; sent again`);
	if (sent.length > 0) terminal.line(`${MARKS.ok} Sent ${listNames(sent)} of ${environment}`);
	if (deleted.length > 0) terminal.line(`${MARKS.ok} Deleted ${listNames(deleted)}`);
	if (foreign.length > 0) terminal.line(foreignLine(foreign));
	if (pending.length === 0) terminal.line(`In sync: ${environment} with app '${app}' at Base44`);
}
