/** What a linked environment is synced with. */

import { AppError, EXIT } from "../../errors.ts";
import type { PlatformBinding } from "../../project/files/config.ts";
import type { LogContext } from "../../protocol/change.ts";
import type { Remote } from "./platform-client.ts";

export interface LinkTarget {
	readonly binding: PlatformBinding;
	readonly remote: Remote;
}

/** The log that a binding names. @throws AppError `LINK_FOREIGN` (exit 7) where the binding is for another vault */
export function logContextOf(binding: PlatformBinding, vaultId: string, environment: string): LogContext {
	if (binding.vault !== vaultId) {
		throw new AppError({
			code: "LINK_FOREIGN",
			message: `coffer.json links environment '${environment}' for another vault than the one in coffer.vault.`,
			hint: "Restore both files from git, or link anew: coffer link URL --app APP.",
			exit: EXIT.integrity,
		});
	}
	return { app: binding.app, vaultId, environment };
}
