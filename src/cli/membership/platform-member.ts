/**
 * Protects the linked platform, a member with the role reader. Only `link` and `unlink` add and remove it.
 */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import { bindingOf, platformOf, readConfig } from "../../project/files/config.ts";
import type { SessionContext } from "../../project/session/session.ts";
import type { Member } from "../../vault/chains/membership.ts";

/**
 * Checks that none of the members is the platform that the environment is linked with.
 * @throws AppError `MEMBER_IS_PLATFORM` (exit 2)
 */
export async function refusePlatformMember(
	{ environment, root }: SessionContext,
	members: readonly Member[],
): Promise<void> {
	const binding = platformOf(bindingOf(await readConfig(root), environment));
	if (!binding) return;
	const platform = members.find((member) => fingerprint(member) === binding.platform);
	if (!platform) return;
	throw new AppError({
		code: "MEMBER_IS_PLATFORM",
		message: `'${platform.name}' is the platform that environment '${environment}' is linked with. It is always a reader.`,
		hint: `To remove the platform together with the link: ${inEnvironment("coffer unlink", environment)}. Nothing was changed.`,
		exit: EXIT.usage,
	});
}
