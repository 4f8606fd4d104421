/** How an environment stands to the Base44 app that it is linked with. */
import type { Base44Binding } from "../../project/files/config.ts";
import { readTargetMemory } from "../../project/memory/target-memory.ts";
import type { VaultSession } from "../../project/session/session.ts";
import { pendingOf } from "../../targets/diff.ts";
import { allowedTarget } from "../../targets/pin.ts";
import { targetDiff } from "../../targets/sync.ts";
import { type NoAnswer, toNoAnswer } from "../context/link-state.ts";
import { connectBase44 } from "./connection.ts";

export interface Base44Standing extends Partial<NoAnswer> {
	readonly reachable: boolean;
	readonly pending: readonly string[];
	/** What was sent and is gone there; what is there and known to neither the vault nor this device. */
	readonly missing: readonly string[];
	readonly foreign: readonly string[];
}

async function namesThere(
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

/** Asks Base44 for its names, and holds them and the vault against what was sent. @throws AppError `STATE_DAMAGED` (exit 7) */
export async function base44Standing(session: VaultSession, binding: Base44Binding): Promise<Base44Standing> {
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
