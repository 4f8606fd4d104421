/** `coffer watch` for an environment that is linked with Base44: sends each change of the vault. */
import type { Base44Binding } from "../../project/files/config.ts";
import type { SessionContext } from "../../project/session/session.ts";
import type { WatchedTarget, WatchOptions } from "../../sync/watch.ts";
import { syncTarget } from "../../targets/sync.ts";
import { environmentLinked, requireBinding } from "../context/linking.ts";
import { connectBase44 } from "./connection.ts";
import { rolledBackError } from "./sync.ts";

/** Sends pending secrets at each change of the vault, without a request for the names at Base44. */
export function watchedBase44(
	context: SessionContext,
	binding: Base44Binding,
	{ onEvent, signal }: WatchOptions,
): WatchedTarget {
	return {
		url: binding.url,
		sync: async () => {
			const connect = (id: Parameters<typeof connectBase44>[0]) => connectBase44(id, signal);
			// The environment may be unlinked while the watch runs. Then nothing may be sent.
			const now = await requireBinding(context.root, context.environment);
			if (now.kind === undefined) throw environmentLinked(context.environment, now);
			const outcome = await syncTarget(context, now, connect, { list: false });
			const { sent, deleted, rolledBack } = outcome;
			if (sent.length > 0 || deleted.length > 0) onEvent({ event: "sent", app: now.app, sent, deleted });
			return rolledBack.length > 0 ? rolledBackError(rolledBack) : undefined;
		},
	};
}
