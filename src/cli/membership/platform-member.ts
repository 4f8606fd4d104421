/** The linked platform among the members: a reader, which comes and goes by `link` and `unlink`. */
import { inEnvironment } from "../../environment-hint.ts";
import { AppError, EXIT } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import { bindingOf, platformOf, readConfig } from "../../project/files/config.ts";
import type { SessionContext } from "../../project/session/session.ts";
import type { Member } from "../../vault/chains/membership.ts";

/**
 * Holds that none of the members is the platform that the environment is linked with.
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
		message: `'${platform.name}' is the platform that environment '${environment}' is linked with, and reads only.`,
		hint: `It leaves by '${inEnvironment("coffer unlink", environment)}', which takes the link out too. Nothing was changed.`,
		exit: EXIT.usage,
	});
}
