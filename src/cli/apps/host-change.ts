/** Changes the hosts of apps, and shows how the nodes of the platform follow. */
import type { MappedHost } from "../../protocol/host-names.ts";
import type { NodeEvent } from "../../protocol/nodes.ts";
import type { Remote } from "../../sync/client/platform-client.ts";
import { platformAt } from "../context/linking.ts";
import type { Terminal } from "../shell/terminal.ts";
import { PlatformWait } from "../wait/wait.ts";

interface HostFlags {
	readonly url: string | undefined;
	readonly environment: string;
	readonly "no-wait": boolean;
}

/**
 * Runs a change of a host.
 * @param interrupted what to say if a signal ends the wait
 * @param change sends the change. It reports nodes to its second argument, if there is one
 * @throws AppError as `platformAt` and `change`; Interrupted
 */
export async function changeHost(
	terminal: Terminal,
	flags: HostFlags,
	interrupted: string,
	change: (remote: Remote, onNode: ((event: NodeEvent) => void) | undefined) => Promise<MappedHost>,
): Promise<MappedHost> {
	using wait = new PlatformWait(terminal, flags.environment, () => "Waiting for the platform");
	const { signal } = wait;
	const work = async () => {
		const remote = await platformAt(flags.url, flags.environment, { signal });
		return await change(remote, flags["no-wait"] ? undefined : wait.onNode);
	};
	const beforeAccepted = { message: interrupted, hint: "'coffer apps hosts list' shows the result." };
	return await wait.during(work, { sentence: interrupted, beforeAccepted });
}
