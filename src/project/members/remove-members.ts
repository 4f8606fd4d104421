/** Removes members of environments. */
import { AppError, EXIT } from "../../errors.ts";
import type { Member } from "../../vault/chains/membership.ts";
import type { SessionContext, VaultSession } from "../session/session.ts";
import { beginEpoch, beginEpochs, type Removal } from "./begin-epoch.ts";

function selfRemoved(state: VaultSession["verified"]["state"]): AppError {
	const writers = [...state.members.values()].filter(({ role }) => role === "writer");
	if (writers.length === 1) {
		return new AppError({
			code: "LAST_WRITER",
			message: `You are the last writer of environment '${state.name}'. Without a writer, it could never be changed again.`,
			hint: "Add another writer first, and ask that member to remove you.",
			exit: EXIT.usage,
		});
	}
	return new AppError({
		code: "MEMBER_IS_SELF",
		message: "Members cannot remove themselves, because the member who makes the new key knows it.",
		hint: "Ask another writer to remove you.",
		exit: EXIT.usage,
	});
}

/**
 * Finds the members with these names.
 * @throws AppError `MEMBER_NOT_FOUND` (exit 4), `MEMBER_IS_SELF`, `LAST_WRITER` (exit 2)
 */
export function membersToRemove(session: VaultSession, names: readonly string[]): Member[] {
	const { state } = session.verified;
	const wanted = new Set(names);
	const found = [...state.members.values()].filter(({ name }) => wanted.has(name));
	if (found.length < wanted.size) {
		throw new AppError({
			code: "MEMBER_NOT_FOUND",
			message: `Not all of these names are members of environment '${state.name}'.`,
			hint: `It has: ${[...state.members.values()].map(({ name }) => name).join(", ")}. Nothing was changed.`,
			exit: EXIT.notFound,
		});
	}
	if (found.some(({ sign }) => sign === session.context.identity.publicKeys.sign)) throw selfRemoved(state);
	return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Removes members from the environment. In git's history they can still read everything that they could read
 * before: `debt` lists the values to replace.
 * @throws AppError `MEMBER_IS_SELF`, `LAST_WRITER` (exit 2), `NOT_A_WRITER` (exit 3), `MEMBER_NOT_FOUND` (exit
 *   4), `EPOCH_OLDER`, `MEMBERSHIP_OLDER` and the errors of invalid records (exit 7)
 */
export function removeMembers(context: SessionContext, names: readonly string[]): Promise<Removal> {
	return beginEpoch(context, (session) => ({ gone: membersToRemove(session, names) }));
}

/** Members to remove from one environment, by name. */
export interface RemovalOrder {
	readonly context: SessionContext;
	readonly names: readonly string[];
}

/**
 * Removes members from several environments of one vault: from all of them, or from none.
 * @param orders one or more, of the same project and identity, each for another environment
 * @returns the outcomes in the same order
 * @throws AppError as `removeMembers`
 */
export function removeFromEnvironments(orders: readonly RemovalOrder[]): Promise<readonly Removal[]> {
	const names = new Map(orders.map((order) => [order.context.environment, order.names]));
	return beginEpochs(
		orders.map(({ context }) => context),
		(session) => ({ gone: membersToRemove(session, names.get(session.context.environment) ?? []) }),
	);
}

/**
 * Begins an epoch with the same members. All records are signed by this device's identity afterwards. @throws
 * AppError as `removeMembers`
 */
export function renewKey(context: SessionContext): Promise<Removal> {
	return beginEpoch(context, () => ({ gone: [] }));
}
