/** Opens the Deno runtime with its parts: the directory, the resource limits and the network isolation. */
import { dirname, join } from "node:path";
import type { Network } from "../egress/network.ts";
import { openNetwork } from "../egress/open-network.ts";
import { openLimits } from "../limits/open-limits.ts";
import { mayChangeUser } from "../machine/users.ts";
import type { DenoRuntimeOptions } from "./deno-options.ts";
import { DenoRuntime } from "./deno-runtime.ts";
import { Workspace } from "./files/workspace.ts";
import type { Runtime } from "./runtime.ts";

/**
 * Opens the networks of functions, which a runtime of this process may share with others.
 * @param workspace has the folder of the egress proxy, and the files that all functions need
 * @throws AppError `ALLOW_NET_INVALID` (exit 2)
 */
export async function openDenoNetwork(options: DenoRuntimeOptions, workspace: Workspace): Promise<Network> {
	const {
		allowNet = [],
		egressProgram,
		hostPath,
		onFailedIsolation = () => {},
		onMissingIsolation = () => {},
		isolationKinds,
	} = options;
	return await openNetwork({
		...workspace.egress,
		deno: workspace.binary,
		socketOpenerPath: join(dirname(hostPath), "egress-sockets.js"),
		program: egressProgram,
		allowNet,
		isRoot: mayChangeUser(),
		users: workspace.users,
		...(isolationKinds && { isolationKinds }),
		onMissing: onMissingIsolation,
		onFailed: onFailedIsolation,
	});
}

/** A network that its user cannot close, because somebody else does. */
function borrowed(network: Network): Network {
	const { isolation, missing } = network;
	return { isolation, missing, attach: (client) => network.attach(client), close: async () => {} };
}

/**
 * Opens the runtime. It takes over the directory and ends processes that an earlier, killed platform left
 * there.
 * @throws AppError `ALLOW_NET_INVALID` (exit 2)
 */
export async function createDenoRuntime(options: DenoRuntimeOptions): Promise<Runtime> {
	const { binary, directory, hostPath, onLimitFailure = () => {}, onShared = () => {} } = options;
	const workspace = await Workspace.open({ root: directory, hostPath, binary, onShared });
	const limits = await openLimits({ directory, onFailure: onLimitFailure });
	let network: Network | undefined;
	try {
		network = options.network && borrowed(options.network);
		network ??= await openDenoNetwork(options, workspace);
		return new DenoRuntime(options, workspace, limits, network);
	} catch (error) {
		await Promise.all([limits.close(), network?.close()]);
		throw error;
	}
}
