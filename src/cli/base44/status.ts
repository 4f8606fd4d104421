/** Compares an environment with the Base44 app that it is linked with. */
import type { Base44Binding } from "../../project/files/config.ts";
import { readTargetMemory } from "../../project/memory/target-memory.ts";
import type { VaultSession } from "../../project/session/session.ts";
import { pendingOf } from "../../targets/diff.ts";
import { allowedTarget } from "../../targets/pin.ts";
import { targetDiff } from "../../targets/sync.ts";
import { type NoAnswer, toNoAnswer } from "../context/link-state.ts";
import { connectBase44 } from "./connection.ts";

export interface Base44Status extends Partial<NoAnswer> {
	readonly reachable: boolean;
	readonly pending: readonly string[];
	/** Names that this device sent and Base44 no longer has. */
	readonly missing: readonly string[];
	/** Names that Base44 has, and neither the vault nor this device knows. */
	readonly foreign: readonly string[];
}

async function listNamesAtBase44(
	session: VaultSession,
	binding: Base44Binding,
): Promise<{ names: string[] } | NoAnswer> {
	try {
		const id = allowedTarget(session, await readTargetMemory(session.place), binding);
		return { names: await (await connectBase44(id)).list() };
	} catch (error) {
		return toNoAnswer(error);
	}
}

/**
 * Reads the names at Base44, and compares them and the vault with what this device sent.
 * @throws AppError `STATE_DAMAGED` (exit 7)
 */
export async function base44Status(session: VaultSession, binding: Base44Binding): Promise<Base44Status> {
	const answer = await listNamesAtBase44(session, binding);
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
