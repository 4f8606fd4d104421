/**
 * Unlinks an environment from its platform: begins an epoch whose key the platform does not get, and removes
 * the binding.
 */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import { dropBinding, type PlatformBinding } from "../../project/files/config.ts";
import type { Removal } from "../../project/members/begin-epoch.ts";
import { removeMembers } from "../../project/members/remove-members.ts";
import { readSession } from "../../project/secrets/edit-secrets.ts";
import type { SessionContext } from "../../project/session/session.ts";
import { syncEnvironment } from "../changes/sync.ts";
import type { LinkTarget } from "../client/link-target.ts";

/** Finds the platform's token and connects. */
type Connect = () => Promise<LinkTarget>;

export interface Unlinked {
	/** The new epoch; undefined if the platform was not a member any more. */
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

/** Exit statuses of a platform that cannot be reached, or that rejects this device. */
const GONE: readonly number[] = [EXIT.network, EXIT.unauthorised, EXIT.notFound];

/** Whether a failed sync does not prevent unlinking. No platform has an address that is refused. */
const isGone = ({ code, exit }: AppError) => GONE.includes(exit) || code.startsWith("PLATFORM_URL_");

/** Takes the records that only the platform has. @returns a warning if that fails */
async function syncOnceMore(context: SessionContext, connect: Connect): Promise<string | undefined> {
	try {
		const { rolledBack } = await syncEnvironment(context, await connect());
		if (rolledBack.length === 0) return undefined;
		throw new AppError({
			code: "SYNC_ROLLED_BACK",
			message: `Older here than on the platform, or missing here: ${rolledBack.join(", ")}. Nothing was unlinked.`,
			hint: `Decide first (${inEnvironment("coffer sync --take local|platform", context.environment)}), or unlink without the platform's values: --no-sync.`,
			exit: EXIT.conflict,
			names: rolledBack,
		});
	} catch (error) {
		if (!(error instanceof AppError) || !isGone(error)) throw error;
		return `Unlinked without a last sync: ${error.message} Changes that only the platform has were not received.`;
	}
}

/**
 * Unlinks an environment. The working copy keeps the agreed state, so that a later link with the same app syncs the
 * changes in between.
 * @param connect connects for a last sync; undefined skips it
 * @throws AppError `NOT_A_WRITER` (exit 3), `SYNC_CONFLICT`, `SYNC_ROLLED_BACK` (exit 5), and exit 7 for an
 *   invalid vault or log
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
