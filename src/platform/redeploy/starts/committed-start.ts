/** Starts a version, and records it before it serves. */
import type { Commit, Started } from "../supervisor-port.ts";

/**
 * Starts a version, again and again while `commit` says that its secrets are outdated. Processes that are not committed
 * are stopped.
 * @throws the errors of `start` and `commit`
 */
export async function startCommitted(start: () => Promise<Started>, commit: Commit): Promise<Started> {
	for (;;) {
		const started = await start();
		let result: Awaited<ReturnType<Commit>> = "outdated";
		try {
			result = await commit(started);
		} finally {
			if (result === "outdated") await started.instance.stop({ graceMs: 0 });
		}
		if (result === "committed") return started;
	}
}
