/**
 * Changes a member's role. The format has no link for this: one write begins an epoch without the member, and
 * adds the same keys again with the new role (docs/format.md, section 5).
 */
import { AppError, EXIT } from "../../errors.ts";
import type { Member, Role } from "../../vault/chains/membership.ts";
import type { SessionContext, VaultSession } from "../session/session.ts";
import { beginEpochs, type Removal } from "./begin-epoch.ts";
import { withOwner } from "./members.ts";

function notFound({ verified }: VaultSession): AppError {
	const { members, name } = verified.state;
	return new AppError({
		code: "MEMBER_NOT_FOUND",
		message: `Environment '${name}' has no member of that name.`,
		hint: `It has: ${[...members.values()].map((member) => member.name).join(", ")}. Nothing was changed.`,
		exit: EXIT.notFound,
	});
}

function isSelf({ verified }: VaultSession): AppError {
	const { members, name } = verified.state;
	const writers = [...members.values()].filter(({ role }) => role === "writer");
	if (writers.length > 1) {
		return new AppError({
			code: "MEMBER_IS_SELF",
			message: "Members cannot change their own role, because the member who makes the new key knows it.",
			hint: "Ask another writer to change it.",
			exit: EXIT.usage,
		});
	}
	return new AppError({
		code: "LAST_WRITER",
		message: `You are the last writer of environment '${name}'. Without a writer, it could never be changed again.`,
		hint: "Make another member a writer first, and ask that member to change your role.",
		exit: EXIT.usage,
	});
}

/**
 * Finds the member whose role is to change; undefined if it has the role already.
 * @throws AppError `MEMBER_IS_SELF`, `LAST_WRITER` (exit 2), `MEMBER_NOT_FOUND` (exit 4)
 */
export function memberToChange(session: VaultSession, name: string, role: Role): Member | undefined {
	const member = [...session.verified.state.members.values()].find((each) => each.name === name);
	if (member === undefined) throw notFound(session);
	if (member.role === role) return undefined;
	if (member.sign === session.context.identity.publicKeys.sign) throw isSelf(session);
	return member;
}

/**
 * Gives a member another role in environments of one vault: in all of them, or in none. The member keeps its
 * keys and its name. All records are re-encrypted under a new key, which the member gets too, so no removal debt
 * arises. A new writer becomes an owner of the vault if this device's identity is an owner. An owner who becomes
 * a reader, and is a writer in no other environment, loses the ownership.
 * @param contexts one or more, of the same project and identity, each of another environment
 * @returns the outcomes in the order of the contexts
 * @throws AppError as `memberToChange`; `NOT_A_WRITER` (exit 3), `MEMBER_EXISTS` (exit 5), `EPOCH_OLDER`,
 *   `MEMBERSHIP_OLDER` and the errors of invalid records (exit 7)
 */
export function changeRoleInEnvironments(
	contexts: readonly SessionContext[],
	name: string,
	role: Role,
): Promise<readonly Removal[]> {
	const back = (session: VaultSession) => {
		const member = memberToChange(session, name, role);
		return member === undefined ? [] : [{ ...member, role }];
	};
	return beginEpochs(
		contexts,
		(session) => {
			const members = back(session);
			return { gone: members, back: members };
		},
		(document, session, root) =>
			back(session).reduce((now, member) => withOwner(now, root, member, session.context.identity), document),
	);
}

/** Gives a member another role in one environment, as `changeRoleInEnvironments` does. */
export async function changeRole(context: SessionContext, name: string, role: Role): Promise<Removal> {
	const [removal] = await changeRoleInEnvironments([context], name, role);
	if (removal === undefined) throw new TypeError("An epoch has an outcome.");
	return removal;
}
