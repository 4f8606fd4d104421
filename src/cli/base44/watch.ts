/** `coffer watch` of an environment that is linked with Base44: what changes in the vault is sent. */
import type { Base44Binding } from "../../project/files/config.ts";
import type { SessionContext } from "../../project/session/session.ts";
import type { WatchedTarget, WatchOptions } from "../../sync/watch.ts";
import { syncTarget } from "../../targets/sync.ts";
import { environmentLinked, requireBinding } from "../context/linking.ts";
import { connectBase44 } from "./connection.ts";
import { olderError } from "./sync.ts";

/** Sends what is pending, at each change of the vault, and asks nothing of Base44. */
export function watchedBase44(
	context: SessionContext,
	binding: Base44Binding,
	{ onEvent, signal }: WatchOptions,
): WatchedTarget {
	return {
		url: binding.url,
		sync: async () => {
			const connect = (id: Parameters<typeof connectBase44>[0]) => connectBase44(id, signal);
			// Unlinked meanwhile, nothing may be sent any more.
			const now = await requireBinding(context.root, context.environment);
			if (now.kind === undefined) throw environmentLinked(context.environment, now);
			const outcome = await syncTarget(context, now, connect, { list: false });
			const { sent, deleted, rolledBack } = outcome;
			if (sent.length > 0 || deleted.length > 0) onEvent({ event: "sent", app: now.app, sent, deleted });
			return rolledBack.length > 0 ? olderError(rolledBack) : undefined;
		},
	};
}
