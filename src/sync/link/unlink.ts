/**
 * Unlinking an environment from its platform: a new epoch that the platform has no key to, and no binding any more.
 */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import { dropBinding, type PlatformBinding } from "../../project/files/config.ts";
import { type Removal, removeMembers } from "../../project/members/remove-members.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { syncEnvironment } from "../changes/sync.ts";
import type { LinkTarget } from "../client/link-target.ts";

/** Finds token and connection of the platform. */
type Connect = () => Promise<LinkTarget>;

export interface Unlinked {
	/** The new epoch; undefined where the platform was no member any more. */
	readonly removal: Removal | undefined;
	readonly warnings: readonly string[];
}

async function platformMember(
	context: SessionContext,
	binding: PlatformBinding,
): Promise<string | undefined> {
	const { session } = await readSession(context);
	const members = [...session.verified.state.members.values()];
	return members.find((member) => fingerprint(member) === binding.platform)?.name;
}

/** What a platform that is gone, or has turned this device away, answers: no reason to stay linked with it. */
const GONE: readonly number[] = [EXIT.network, EXIT.unauthorised, EXIT.notFound];

/** Takes in what the platform has and this vault has not. @returns a warning where it cannot be had */
async function syncOnceMore(context: SessionContext, connect: Connect): Promise<string | undefined> {
	try {
		const { rolledBack } = await syncEnvironment(context, await connect());
		if (rolledBack.length === 0) return undefined;
		throw new AppError({
			code: "SYNC_ROLLED_BACK",
			message: `Older here than on the platform, or gone here: ${rolledBack.join(", ")}. Nothing was unlinked.`,
			hint: `Decide first (${inEnvironment("coffer sync --take local|platform", context.environment)}), or leave the platform's values behind: --no-sync.`,
			exit: EXIT.conflict,
		});
	} catch (error) {
		if (!(error instanceof AppError) || !GONE.includes(error.exit)) throw error;
		return `Unlinked without a last sync: ${error.message} What others changed there, and nobody has synced here, stays behind.`;
	}
}

/**
 * Unlinks an environment. Where it is linked again with the same app, what changed meanwhile is synced as ever: the
 * working copy goes on remembering what was agreed.
 * @param connect to sync once more before; undefined leaves that out
 * @throws AppError `NOT_A_WRITER` (exit 3), `SYNC_CONFLICT`, `SYNC_ROLLED_BACK` (exit 5), and exit 7 for what does not hold
 */
export async function unlinkEnvironment(
	context: SessionContext,
	binding: PlatformBinding,
	connect?: Connect,
): Promise<Unlinked> {
	const { environment, root } = context;
	const platform = await platformMember(context, binding);
	const warnings: string[] = [];
	let removal: Removal | undefined;
	if (platform !== undefined) {
		const warning = connect && (await syncOnceMore(context, connect));
		if (warning !== undefined) warnings.push(warning);
		removal = await removeMembers(context, [platform]);
		warnings.push(...removal.warnings);
	}
	await dropBinding(root, environment);
	return { removal, warnings };
}
