/** Compares an environment with the target that it is linked with. */
import { inEnvironment } from "../../environment-hint.ts";
import type { TargetBinding } from "../../project/files/config.ts";
import { readTargetMemory } from "../../project/memory/target-memory.ts";
import type { VaultSession } from "../../project/session/session.ts";
import { pendingOf } from "../../targets/diff.ts";
import { loadedKind } from "../../targets/kinds.ts";
import { linkedTarget } from "../../targets/linked.ts";
import { allowedTarget } from "../../targets/pin.ts";
import { targetDiff } from "../../targets/sync.ts";
import { type NoAnswer, toNoAnswer } from "../context/link-state.ts";
import type { Terminal } from "../shell/terminal.ts";
import { listNames } from "../views/edit-result.ts";
import { connectTarget } from "./connection.ts";

export interface TargetStatus extends Partial<NoAnswer> {
	readonly reachable: boolean;
	readonly pending: readonly string[];
	/** Names that this device sent and the target no longer has. */
	readonly missing: readonly string[];
	/** Names that the target has, and neither the vault nor this device knows. */
	readonly foreign: readonly string[];
}

async function namesThere(
	session: VaultSession,
	binding: TargetBinding,
): Promise<{ names: string[] } | NoAnswer> {
	try {
		const linked = await linkedTarget(session.context, binding);
		const id = allowedTarget(session, await readTargetMemory(session.place), linked);
		return { names: await (await connectTarget(linked.kind, id)).list() };
	} catch (error) {
		return toNoAnswer(error);
	}
}

/**
 * Reads the names at the target, and compares them and the vault with the records that this device sent.
 * @throws AppError `STATE_DAMAGED` (exit 7)
 */
export async function targetStatus(session: VaultSession, binding: TargetBinding): Promise<TargetStatus> {
	const answer = await namesThere(session, binding);
	const names = "names" in answer ? answer.names : undefined;
	const diff = await targetDiff(session, binding, { names });
	return {
		reachable: names !== undefined,
		pending: pendingOf(diff),
		missing: diff.missing,
		foreign: diff.foreign,
		...("reason" in answer ? answer : {}),
	};
}

/** Prints the names that only one side has. Prints nothing for an environment that is linked with no target. */
export function renderTargetNames(
	{
		environment,
		foreign = [],
		missing = [],
		target,
	}: Partial<Pick<TargetStatus, "foreign" | "missing">> & { environment: string; target: string | null },
	terminal: Terminal,
): void {
	if (target === null || missing.length + foreign.length === 0) return;
	const { importCommand, title } = loadedKind(target);
	const again = inEnvironment("coffer sync", environment);
	if (missing.length > 0)
		terminal.line(
			`missing      ${listNames(missing)} (${title} no longer has them; to send them again: ${again})`,
		);
	const hint =
		importCommand === undefined ? "" : ` (to import them: ${inEnvironment(importCommand, environment)})`;
	if (foreign.length > 0) terminal.line(`only there   ${listNames(foreign)}${hint}`);
}
