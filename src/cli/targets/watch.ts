/** `coffer watch` for an environment that is linked with a target: sends each change of the vault. */
import { isTargetBinding, type TargetBinding } from "../../project/files/config.ts";
import type { TargetId } from "../../project/memory/target-memory.ts";
import type { SessionContext } from "../../project/session/session.ts";
import type { WatchedTarget, WatchOptions } from "../../sync/watch.ts";
import { linkedTarget } from "../../targets/linked.ts";
import { syncTarget } from "../../targets/sync.ts";
import { environmentLinked, requireBinding } from "../context/environment-binding.ts";
import { connectTarget } from "./connection.ts";
import { rolledBackError } from "./sync.ts";

/** Sends pending secrets at each change of the vault, without a request for the names at the target. */
export function watchedTarget(
	context: SessionContext,
	binding: TargetBinding,
	{ onEvent, signal }: WatchOptions,
): WatchedTarget {
	return {
		url: binding.url,
		sync: async () => {
			// The environment may be unlinked while the watch runs. Then nothing may be sent.
			const now = await requireBinding(context.root, context.environment);
			if (!isTargetBinding(now)) throw await environmentLinked(context.environment, now);
			const linked = await linkedTarget(context, now);
			const connect = (id: TargetId) => connectTarget(linked.kind, id, signal);
			const outcome = await syncTarget(context, linked, connect, { list: false });
			const { sent, deleted, rolledBack } = outcome;
			if (sent.length > 0 || deleted.length > 0)
				onEvent({ event: "sent", target: now.kind, app: now.app, sent, deleted });
			return rolledBack.length > 0 ? rolledBackError(linked.kind, rolledBack) : undefined;
		},
	};
}
